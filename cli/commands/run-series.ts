/** Several runs one after the other, each on a system of its own. */
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
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

/**
 * The runs that came to a report, in order; an interrupt ends the series with what it has. With
 * `--run-dir`, each has a folder in it.
 */
export async function runSeries(
  world: World,
  variants: readonly Variant[],
  interrupt: Interrupt,
): Promise<readonly SeriesRun[]> {
  const runs: SeriesRun[] = [];
  for (const [i, { name, asked }] of variants.entries()) {
    if (interrupt.asked) break;
    world.stderr.write(`rtops: ${i + 1} of ${variants.length}: ${name}\n`);
    const runDir = asked.runDir === null ? null : join(asked.runDir, `run-${i + 1}`);
    const { code, report, dir } = await runOnce(
      world,
      { ...asked, runDir },
      { up: undefined, interrupt, prints: false },
    );
    if (report !== undefined) runs.push({ name, report, dir, code });
  }
  return runs;
}

/** Interrupted beats fail beats no-data beats pass; no run at all is an interrupt. */
export function worstCode(codes: readonly ExitCode[]): ExitCode {
  for (const code of [exitCode.interrupted, exitCode.failed, exitCode.noVerdict] as const) {
    if (codes.includes(code)) return code;
  }
  return codes.length === 0 ? exitCode.interrupted : exitCode.pass;
}

/** The last run's report with what the series adds to it, written over its files; with `--json` printed. */
export async function writeSeriesReport(
  world: World,
  run: SeriesRun,
  added: Partial<Report>,
  json: boolean,
): Promise<void> {
  const report: Report = { ...run.report, ...added };
  await writeReportFiles(run.dir, report, await readDetail(run.dir));
  if (json) world.stdout.write(`${JSON.stringify(report)}\n`);
}
