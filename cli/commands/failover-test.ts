/** `rtops failover-test`: the pipeline with a timeline of faults, once or in a series. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { repeatsOf, rowOf } from '../report/run-row.ts';
import { renderLadder, renderRepeats } from '../report/run-table.ts';
import { terminalStyle } from '../screen/terminal.ts';
import { attachSystem } from '../system/attach-system.ts';
import type { World } from '../world.ts';
import { readFailoverRequest } from './failover-request.ts';
import type { FailoverOptions } from './failover-request.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import { readLadder } from './ladder-rungs.ts';
import { runOnce } from './run-once.ts';
import { runSeries, worstCode, writeSeriesReport } from './run-series.ts';
import { selfCheck } from './self-check.ts';

/** The exit code is the verdict's; of a series, the worst. */
export async function failoverTest(world: World, options: FailoverOptions): Promise<ExitCode> {
  using interrupt = listenForInterrupt(world);
  const up = await attachSystem(world);
  const kind = seriesKind(options);
  if (kind !== undefined && up !== undefined) throw needsFreshSystems(kind);
  switch (kind) {
    case '--self-check':
      return await selfCheck(world, options, interrupt);
    case '--ladder':
      return await climb(world, options, interrupt);
    case '--repeat':
      return await repeat(world, options, interrupt);
    case undefined: {
      const asked = await readFailoverRequest(world, options, up?.topology);
      const { code } = await runOnce(world, asked, { up, interrupt, ofSeries: null });
      return code;
    }
  }
}

const mostRepeats = 100;

async function repeat(
  world: World,
  options: FailoverOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const asked = await readFailoverRequest(world, options, undefined);
  const variants = Array.from({ length: options.repeat ?? 1 }, (_, i) => ({
    name: `run ${i + 1}`,
    asked,
  }));
  const { runs, whole, failure } = await runSeries(world, variants, interrupt);
  const last = runs.at(-1);
  if (last !== undefined) {
    const rows = whole.map(({ name, report }) => rowOf(name, report));
    const repeats = repeatsOf(rows, asked.scenario.seed);
    const out = asked.json ? world.stderr : world.stdout;
    if (rows.length > 0) out.write(renderRepeats(repeats, terminalStyle(world, out)));
    await writeSeriesReport(world, last, rows.length > 0 ? { repeats } : {}, asked.json);
  }
  if (failure !== undefined) throw failure;
  return worstCode([
    ...runs.map(({ code }) => code),
    ...(interrupt.asked ? [exitCode.interrupted] : []),
  ]);
}

/** The last rung is the one that promises: its verdict is the ladder's. The others are shown. */
async function climb(
  world: World,
  options: FailoverOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const variants = await readLadder(world, options);
  const { runs, whole, failure } = await runSeries(world, variants, interrupt);
  const last = runs.at(-1);
  if (last !== undefined) {
    const ladder = whole.map(({ name, report }) => rowOf(name, report));
    const out = options.json ? world.stderr : world.stdout;
    const faults = last.report.scenario.faults.map(({ text }) => text);
    if (ladder.length > 0) out.write(renderLadder(ladder, faults, terminalStyle(world, out)));
    await writeSeriesReport(world, last, ladder.length > 0 ? { ladder } : {}, options.json);
  }
  if (failure !== undefined) throw failure;
  return last === undefined || whole.length < variants.length ? exitCode.interrupted : last.code;
}

type SeriesKind = '--repeat' | '--ladder' | '--self-check';

function seriesKind(options: FailoverOptions): SeriesKind | undefined {
  const { repeat: times, ladder, selfCheck: checks } = options;
  const asked: SeriesKind[] = [];
  if (times !== undefined && times !== 1) asked.push('--repeat');
  if (ladder) asked.push('--ladder');
  if (checks) asked.push('--self-check');
  if (asked.length > 1) {
    throw new Failure(exitCode.usage, `${asked.join(' and ')} are separate series of runs`, {
      next: `rtops failover-test ${asked[0] ?? ''}`,
    });
  }
  if (times !== undefined && (times < 1 || times > mostRepeats)) {
    throw new Failure(exitCode.usage, `--repeat ${times} is not a number from 1 to ${mostRepeats}`);
  }
  return asked[0];
}

function needsFreshSystems(kind: SeriesKind): Failure {
  return new Failure(exitCode.usage, `${kind} starts a fresh system for each run`, {
    why: 'a system is up in this folder, and what one run did to it would be seen by the next',
    next: 'rtops down, then again',
  });
}
