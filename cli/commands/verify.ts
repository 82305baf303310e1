/** `rtops verify`: derives ledger and percentiles again from a run's history; they must agree. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { historyBytes } from '../load/history-bytes.ts';
import { historyFiles, readSeal } from '../load/history-files.ts';
import type { HistorySeal } from '../load/history-files.ts';
import { compareRecount } from '../samples/compare-recount.ts';
import type { FigureCheck } from '../samples/compare-recount.ts';
import { recount } from '../samples/recount.ts';
import type { FaultedRun } from '../samples/recount-faults.ts';
import type { Spans } from '../samples/window-latency.ts';
import type { Report } from '../report/report.ts';
import type { World } from '../world.ts';
import { isolationsIn, judgeAgain } from './judge-again.ts';
import { isolationSpans } from './judge-run.ts';
import { findRunFolder, readReport } from './run-folder.ts';

/** `run`: a folder or a run id; the newest run when left out. */
export type VerifyOptions = { readonly run: string | undefined };

/**
 * Prints every figure both ways, then judges the run again by them.
 * @returns 0 when all agree, 99 when one does not
 * @throws Failure badFile (104) when the report or a history file is missing, cut short or unreadable
 */
export async function verify(world: World, options: VerifyOptions): Promise<ExitCode> {
  const dir = await findRunFolder(world, options.run);
  const report = await readReport(dir);
  const history = await readHistory(join(dir, 'history'));
  const seen = recount(
    history.files.map((file) => file.content),
    { ...report.run, faulted: faultedOf(report), isolations: isolatedOf(report) },
  );
  const { ledger, ops, users, run, generator, faults } = report;
  const cutShort = generator.endedWorkers.length > 0 || report.judged.cutShort;
  const checks = compareRecount(
    {
      ...{ ledger, ops, users, cutShort, faults, impact: report.impact ?? undefined },
      isolations: isolationsIn(report),
      isReadToEnd: report.judged.finalRead.done,
    },
    seen,
  );
  const broken = checks.filter((check) => check.agrees === 'no');
  const verdicts = judgeAgain(report, seen, checks);
  const misjudged = verdicts.filter(({ reported, judged }) => reported !== judged);
  const changed = changedFiles(history);

  const out = (text: string): void => world.stdout.write(`${text}\n`);
  out(`${run.id}: ${seen.records} records in ${history.files.length} files\n`);
  out(table(checks));
  for (const [i, bytes] of seen.tailBytes.entries()) {
    const name = history.files[i]?.name ?? '';
    if (bytes > 0) out(`${name} ends inside a record: ${bytes} bytes left out`);
  }
  if (history.seal === undefined) out('the history carries no seal: its bytes were not compared');
  if (checks.some((check) => check.agrees === 'cut')) {
    out(
      '"cut": a worker was cut short, and its last second is in one of the two only; ' +
        `a count may differ by what a second holds, at most ${seen.busiestSeconds}`,
    );
  }
  for (const name of changed) out(`${name} was changed after the run: its SHA-256 differs`);
  for (const { metric, reported, recounted } of broken) {
    const by = figure(Math.abs(recounted - reported));
    out(
      `${metric}: the report says ${figure(reported)}, the history ${figure(recounted)} (by ${by})`,
    );
  }
  for (const { what, reported, judged } of misjudged) {
    out(`${what}: the report says ${reported}, its figures say ${judged}`);
  }
  out(
    `judged again: ${verdicts.length - misjudged.length} of ${verdicts.length} as the report says`,
  );
  const agrees = broken.length === 0 && changed.length === 0 && misjudged.length === 0;
  out(agrees ? 'verified: the report agrees with its history' : 'NOT verified: they disagree');
  return agrees ? exitCode.pass : exitCode.failed;
}

/** When faults were there cannot be read from the history: that much is taken from the report. */
function faultedOf({ run, faults, scenario, users }: Report): FaultedRun | undefined {
  if (faults.length === 0) return undefined;
  const { stages } = scenario;
  return { durationMs: run.durationMs, faults, stages, clients: users.peak };
}

/** Nor can a flood, nor which of the faults were of the pool. */
function isolatedOf(report: Report): readonly Spans[] {
  return isolationsIn(report).map(({ cause, windows }) => {
    const isOwn = ({ kind, node, at, until }: Report['faults'][number]): boolean =>
      cause.split(', ').includes(`${kind}@${node}`) &&
      windows.some(({ fromMs, toMs }) => fromMs === at && toMs === until);
    const beside = report.faults.filter((fault) => !isOwn(fault));
    return isolationSpans(
      report.scenario,
      windows,
      beside.map(({ at, until }) => ({ fromMs: at, toMs: until })),
    );
  });
}

type HistoryFile = {
  readonly name: string;
  readonly content: Iterable<Uint8Array>;
  readonly bytes: number;
  readonly sha256: string;
};

type History = {
  readonly files: readonly HistoryFile[];
  readonly seal: HistorySeal | undefined;
};

async function readHistory(dir: string): Promise<History> {
  const paths = await historyFiles(dir).catch((error: unknown) => {
    throw unreadable(dir, error);
  });
  if (paths.length === 0) throw unreadable(dir, 'it holds no history file (*.bin)');
  const seal = await readSeal(dir);
  const files = paths.map(readWhole);
  for (const [name, sealed] of Object.entries(seal ?? {})) {
    const bytes = files.find((file) => file.name === name)?.bytes;
    const path = join(dir, name);
    if (bytes === undefined) throw unreadable(path, 'it was there at the end of the run');
    if (bytes < sealed.bytes) {
      throw unreadable(path, `it is cut short: ${bytes} of ${sealed.bytes} bytes`);
    }
  }
  return { files, seal };
}

/** Goes through the file once, so that what cannot be read is known before anything is counted. */
function readWhole(path: string): HistoryFile {
  const content = historyBytes(path);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (const piece of content) {
      hash.update(piece);
      bytes += piece.length;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return { name: basename(path), content, bytes, sha256: hash.digest('hex') };
}

function unreadable(path: string, why: unknown): Failure {
  return new Failure(exitCode.badFile, `cannot verify: ${path} is missing or damaged`, {
    why: why instanceof Error ? why.message : String(why),
    next: 'rtops bench',
    cause: why,
  });
}

/** Files that are not, byte for byte, what the ledger was derived from. */
function changedFiles({ files, seal }: History): string[] {
  if (seal === undefined) return [];
  return files.filter(({ name, sha256 }) => seal[name]?.sha256 !== sha256).map(({ name }) => name);
}

function table(checks: readonly FigureCheck[]): string {
  const rows = [
    ['metric', 'report', 'history', 'agree'],
    ...checks.map((check) => [
      check.metric,
      figure(check.reported),
      figure(check.recounted),
      check.agrees,
    ]),
  ];
  const width = (column: number): number =>
    Math.max(...rows.map((row) => (row[column] ?? '').length));
  const widths = [width(0), width(1), width(2)];
  const line = ([metric = '', report = '', history = '', agree = '']: readonly string[]): string =>
    [
      metric.padEnd(widths[0] ?? 0),
      report.padStart(widths[1] ?? 0),
      history.padStart(widths[2] ?? 0),
      agree,
    ].join('  ');
  return `${rows.map(line).join('\n')}\n`;
}

/** Counts as they are; ms to a µs. */
function figure(value: number): string {
  if (value === Infinity) return 'never';
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}
