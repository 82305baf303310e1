/** Several runs one after the other, each on a system of its own. */
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Report } from '../report/report.ts';
import { writeReportFiles, readDetail } from './run-folder.ts';
import type { World } from '../world.ts';
import type { BenchRequest } from './bench-request.ts';
import type { Interrupt } from './interrupt.ts';
import { runOnce } from './run-once.ts';

export type Variant = { readonly name: string; readonly asked: BenchRequest };

export type SeriesRun = {
  readonly name: string;
  readonly report: Report;
  readonly dir: string;
  readonly code: ExitCode;
};

export type Series = {
  /** The runs that came to a report, in order. */
  readonly runs: readonly SeriesRun[];
  /** Those that were not cut short: only they are shown side by side. */
  readonly whole: readonly SeriesRun[];
  /** What ended the series early, an interrupted start too: for the caller to throw, when it has said the rest. */
  readonly failure: Failure | undefined;
};

/** An interrupt or a failure ends the series with what it has. With `--run-dir`, each run has a folder in it. */
export async function runSeries(
  world: World,
  variants: readonly Variant[],
  interrupt: Interrupt,
): Promise<Series> {
  const runs: SeriesRun[] = [];
  let failure: Failure | undefined;
  for (const [i, { name, asked }] of variants.entries()) {
    if (interrupt.asked || failure !== undefined) break;
    world.stderr.write(`rtops: ${i + 1} of ${variants.length}: ${name}\n`);
    const runDir = asked.runDir === null ? null : join(asked.runDir, `run-${i + 1}`);
    try {
      const { code, report, dir } = await runOnce(
        world,
        { ...asked, runDir },
        { up: undefined, interrupt, ofSeries: i },
      );
      if (report !== undefined) runs.push({ name, report, dir, code });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
    }
  }
  return { runs, whole: runs.filter(({ report }) => !report.run.partial), failure };
}

/** Interrupted beats fail beats no-data beats pass; no run at all is an interrupt. */
export function worstCode(codes: readonly ExitCode[]): ExitCode {
  for (const code of [exitCode.interrupted, exitCode.failed, exitCode.noVerdict] as const) {
    if (codes.includes(code)) return code;
  }
  return codes.length === 0 ? exitCode.interrupted : exitCode.pass;
}

/** The last run's report with what the series adds to it, printed with `--json` and written over its files. */
export async function writeSeriesReport(
  world: World,
  run: SeriesRun,
  added: Partial<Report>,
  json: boolean,
): Promise<void> {
  const report: Report = { ...run.report, ...added };
  if (json) world.stdout.write(`${JSON.stringify(report)}\n`);
  await writeReportFiles(run.dir, report, await readDetail(run.dir));
}
