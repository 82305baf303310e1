/** Drives the load, reads what the services use beside it, and reduces both to a summary. */
import { exitCode } from '../exit-code.ts';
import type { RunEvent } from '../events.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Drive, DriveInput, Driver, DriveResult, Target } from '../load/driver.ts';
import { ledgerFromFiles } from '../load/history-files.ts';
import { impactFromFiles } from '../load/impact-files.ts';
import type { Detail } from '../samples/detail.ts';
import type { MachineSample } from '../samples/machine-use.ts';
import type { ServiceSample } from '../samples/resources.ts';
import { blameExceptions } from '../samples/fault-blame.ts';
import type { LossFacts } from '../samples/ledger.ts';
import { restartsSince } from '../samples/service-summary.ts';
import { summarise } from '../samples/summarise.ts';
import type { FaultSummary, Summary } from '../samples/summary.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { watchMachine } from '../system/machine-usage.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { stageEnds, stagesMs } from '../scenario/timeline.ts';
import type { FaultInjector } from '../system/faults/fault-injector.ts';
import type { Clock } from '../world.ts';
import { startFaultTimeline } from './fault-timeline.ts';
import type { FaultsDone, FaultTimeline } from './fault-timeline.ts';
import { startFlood } from './flood.ts';
import type { FloodRun, FloodSeen } from './flood.ts';
import type { Interrupt } from './interrupt.ts';

export type Measured = {
  readonly startedAtMs: number;
  /** On CLOCK_MONOTONIC, µs. */
  readonly startedAtUs: number;
  readonly summary: Summary;
  readonly detail: Detail;
  /** Why connections and requests failed: text → count. */
  readonly errorTexts: Readonly<Record<string, number>>;
  /** Ended at once, by a second Ctrl-C. */
  readonly aborted: boolean;
  readonly faults: FaultsDone;
  /** `null`: no flood was asked for, or the run ended before it. */
  readonly flood: FloodSeen | null;
};

export type MeasureInput = {
  readonly runId: string;
  readonly scenario: Scenario;
  readonly target: Target;
  readonly system: RunningSystem | undefined;
  /** Does the scenario's faults; `undefined` when it has none. */
  readonly injector: FaultInjector | undefined;
  readonly clock: Clock;
  readonly historyDir: string;
  /** See `DriveInput.moveHistory`. */
  readonly moveHistory?: ((why: string) => string | null) | undefined;
  /** See `DriveInput.onStart`. */
  readonly onStart?: DriveInput['onStart'];
  readonly workers: number | null;
};

/** Runs to the end, or to the interrupt; either way what was measured comes back. */
export async function measure(
  driver: Driver,
  input: MeasureInput,
  interrupt: Interrupt,
  emit: (event: RunEvent) => void,
): Promise<Measured> {
  // The first reading only sets the base that the next one's rates are counted from.
  await input.system?.sample();
  const endsAtStart = await endsOf(input.system);
  const drive = driver.start(input);
  await using timeline = startFaultTimeline({
    clock: input.clock,
    injector: input.injector ?? noInjector,
    faults: input.scenario.faults,
    startMs: drive.startMs,
    lastEndMs: stagesMs(input.scenario.stages),
    emit,
  });
  const flood = startFlood(driver, input, drive.startMs, emit);
  obey(interrupt, { drive, timeline, flood, injector: input.injector }, emit);
  try {
    const { services, machine } = await watch(drive, input, endsAtStart, emit);
    const result = await drive.result;
    const faults = await timeline.finish(result.durationMs);
    const ends = difference(await endsOf(input.system), endsAtStart);
    const reduced = await reduce(result, { services, machine, ends }, faults, input);
    return { ...reduced, faults, flood: await flood.seen };
  } finally {
    // Both have ended, unless something failed: then no load may outlive what is taken down now.
    flood.abort();
    await Promise.all([drive.abort(), flood.seen]);
  }
}

const noInjector: Pick<FaultInjector, 'inject'> = {
  inject: () => Promise.reject(new Error('this target takes no faults')),
};

type AtWork = {
  readonly drive: Drive;
  readonly timeline: FaultTimeline;
  readonly flood: FloodRun;
  readonly injector: FaultInjector | undefined;
};

function obey(
  interrupt: Interrupt,
  { drive, timeline, flood, injector }: AtWork,
  emit: (event: RunEvent) => void,
): void {
  interrupt.onFirst(() => {
    emit({ kind: 'draining', t: 0, interrupted: true });
    // What users drain through shall be whole again.
    void timeline.undoAll();
    flood.stop();
    drive.stop();
  });
  interrupt.onSecond(() => {
    injector?.waitNoLonger();
    flood.abort();
    void drive.abort();
  });
}

/** How often each service has ended in its life: it was started again, or is down now. */
async function endsOf(system: RunningSystem | undefined): Promise<ReadonlyMap<string, number>> {
  const services = (await system?.services()) ?? [];
  return new Map(
    services.map(({ name, restarts, state }) => [
      name,
      restarts + (state === 'ready' || state === 'starting' ? 0 : 1),
    ]),
  );
}

function difference(
  atEnd: ReadonlyMap<string, number>,
  atStart: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  return new Map([...atEnd].map(([name, ends]) => [name, ends - (atStart.get(name) ?? 0)]));
}

async function watch(
  drive: Drive,
  input: MeasureInput,
  restartsAtStart: ReadonlyMap<string, number>,
  emit: (event: RunEvent) => void,
): Promise<Omit<UseSeen, 'ends'>> {
  const seen: ServiceSample[] = [];
  const machine: MachineSample[] = [];
  const machineSince = watchMachine();
  let stage = -1;
  for await (const tick of drive.ticks) {
    if (tick.stage !== stage) {
      stage = tick.stage;
      const target = input.scenario.stages[stage]?.target;
      if (target !== undefined) {
        const of = input.scenario.stages.length;
        emit({ kind: 'stage', t: tick.t, index: stage, of, target });
      }
    }
    // A tick comes only after the start.
    const startMs = await drive.startMs;
    const services = restartsSince(restartsAtStart, (await input.system?.sample()) ?? []).map(
      (sample) => ({ ...sample, atMs: sample.atMs - startMs }),
    );
    seen.push(...services);
    const use = machineSince();
    if (use !== undefined) machine.push({ atMs: tick.t, ...use });
    emit({ kind: 'tick', t: tick.t, tick, services });
  }
  return { services: seen, machine };
}

type UseSeen = {
  readonly machine: readonly MachineSample[];
  readonly services: readonly ServiceSample[];
  readonly ends: ReadonlyMap<string, number>;
};

async function reduce(
  result: DriveResult,
  { services, machine, ends }: UseSeen,
  { windows }: FaultsDone,
  { runId, scenario }: MeasureInput,
): Promise<Omit<Measured, 'faults' | 'flood'>> {
  const { historyDir } = result;
  const losses: LossFacts[] = [];
  const unblamed = await ledgerFromFiles(historyDir, {
    runId,
    durationMs: result.durationMs,
    partial: result.stopped,
    onLoss: (loss) => losses.push(loss),
  }).catch((error: unknown) => {
    throw new Failure(exitCode.notReady, `the history of the run in ${historyDir} cannot be read`, {
      why: messageOf(error),
      next: 'leave the run folder where it is until the run has ended',
      cause: error,
    });
  });
  const ledger = { ...unblamed, exceptions: blameExceptions(unblamed.exceptions, windows, losses) };
  const summary = summarise({
    ...result,
    partial: result.stopped,
    ledger,
    services,
    machine,
    serviceEnds: ends,
  });
  return {
    startedAtMs: result.startedAtMs,
    startedAtUs: result.startedAtUs,
    summary:
      scenario.faults.length === 0
        ? summary
        : {
            ...summary,
            impact: await impactOf(result, windows, losses, runId, historyDir, scenario),
          },
    detail: { points: result.points, services },
    errorTexts: result.errorTexts,
    aborted: result.aborted,
  };
}

/** What the faults did to users; a fault that was planned and never done is counted too. */
async function impactOf(
  result: DriveResult,
  windows: FaultsDone['windows'],
  losses: readonly LossFacts[],
  runId: string,
  historyDir: string,
  scenario: Scenario,
): Promise<FaultSummary> {
  const impact = await impactFromFiles(historyDir, {
    ...{ runId, durationMs: result.durationMs, windows, losses },
    stages: stageEnds(scenario.stages),
    clients: result.users.peak,
  });
  return { ...impact, planned: scenario.faults.length };
}
