/**
 * One run of the pipeline: topology and scenario → system → load with its faults → summary →
 * verdict → report. `bench` is one without faults, `failover-test` one or several with them.
 */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { nativeDriver } from '../load/native/native-driver.ts';
import type { RunEvent } from '../events.ts';
import type { Report } from '../report/report.ts';
import { describeEdgeOverhead, measureEdgeOverhead } from '../system/faults/edge/edge-overhead.ts';
import { openInjector } from '../system/faults/open-injector.ts';
import type { FaultInjector } from '../system/faults/fault-injector.ts';
import type { RunningSystem } from '../system/running-system.ts';
import type { World } from '../world.ts';
import type { BenchRequest } from './bench-request.ts';
import { openBenchTarget } from './bench-target.ts';
import { composeReport } from './compose-report.ts';
import { hostFacts } from './host-facts.ts';
import type { Interrupt } from './interrupt.ts';
import { judgeRun } from './judge-run.ts';
import { watchRunLogs } from './keep-run-logs.ts';
import { measure } from './measure.ts';
import { openRun } from './open-run.ts';
import type { Run } from './open-run.ts';
import { openOutputs } from './outputs.ts';
import { noteRunStart } from './run-start.ts';
import { watchRun } from './watch-run.ts';

/** What a run led to; `undefined` in place of the report when it was interrupted before it began. */
export type RunOutcome = {
  readonly code: ExitCode;
  readonly report: Report | undefined;
  readonly dir: string;
};

export type RunSetting = {
  /** What is up in this folder, if anything. */
  readonly up: RunningSystem | undefined;
  readonly interrupt: Interrupt;
  /** The run's place in a series, from 0; `null`: it stands alone, and its summary is printed. */
  readonly ofSeries: number | null;
};

/** The exit code is the verdict's, or 105 when the run was interrupted. */
export async function runOnce(
  world: World,
  asked: BenchRequest,
  { up, interrupt: ofCommand, ofSeries }: RunSetting,
): Promise<RunOutcome> {
  // A run that is over hears nothing of a Ctrl-C in the next one.
  using interrupt = ofCommand.within();
  await using run = openRun(world, asked.runDir);
  await using outputs = await openOutputs(world, asked, run, ofSeries);
  await using target = await openBenchTarget(world, asked.target, up, interrupt, outputs.emit);
  await using _page = await watchRun(world, { asked, run, target, outputs, interrupt });
  if (interrupt.asked) return { code: exitCode.interrupted, report: undefined, dir: run.dir };
  await using injector = await injectorFor(world, asked, target.system);
  await noteEdgeOverhead(target.system, outputs.emit);

  const logs = watchRunLogs(world, target.system, run);
  run.writeDocuments(asked.scenario, target.system?.topology ?? null);
  outputs.start({ name: target.name, url: target.target.url });
  const measured = await measure(
    nativeDriver(world),
    {
      ...{ ...asked, runId: run.id, historyDir: run.historyDir, ...target },
      ...{ injector: injector ?? undefined, clock: world.clock },
      moveHistory: (why: string) => moveRun(run, why, outputs.emit),
      onStart: (start) => noteRunStart(world, run.dir, start),
    },
    interrupt,
    outputs.emit,
  );
  await logs.keep(measured);
  const host = hostFacts();
  const judged = await judgeRun(asked, { run, target, measured, host });
  const report = await composeReport(world, { run, asked, target, measured, host, ...judged });
  await outputs.finish(report, measured.detail);
  const code = report.run.partial ? exitCode.interrupted : judged.judgement.exitCode;
  return { code, report, dir: run.dir };
}

function moveRun(run: Run, why: string, emit: (event: RunEvent) => void): string | null {
  if (!run.moveElsewhere(why, 'all but the history')) return null;
  emit({ kind: 'warning', t: 0, text: `${why}; the run goes on in ${run.dir}` });
  return run.historyDir;
}

/** What the fault proxy costs by itself is part of every figure of a system with `chaos`: it is told. */
async function noteEdgeOverhead(
  system: RunningSystem | undefined,
  emit: (event: RunEvent) => void,
): Promise<void> {
  const overhead = system === undefined ? undefined : await measureEdgeOverhead(system);
  if (overhead === undefined) return;
  emit({ kind: 'note', t: 0, text: describeEdgeOverhead(overhead) });
}

/** `null` without faults. Every fault is checked against the system before the load begins. */
async function injectorFor(
  world: World,
  { scenario }: BenchRequest,
  system: RunningSystem | undefined,
): Promise<FaultInjector | null> {
  if (scenario.faults.length === 0) return null;
  if (system === undefined) {
    throw new Failure(exitCode.usage, 'faults are done only to systems that rtops started', {
      why: '--url names a system of somebody else',
      next: 'rtops failover-test --topology scaled',
    });
  }
  const injector = await openInjector(world, system);
  try {
    for (const fault of scenario.faults) await injector.check(fault);
  } catch (error) {
    await injector[Symbol.asyncDispose]();
    throw error;
  }
  return injector;
}
