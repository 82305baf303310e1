/** One service under supervision: started, watched, restarted by its policy, stopped. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { PlannedService } from '../topology/plan.ts';
import type { World } from '../world.ts';
import { heldBy, takeOwedStart } from './faults/holds.ts';
import { launch, prepareService } from './launch.ts';
import type { Ending, Launched } from './launch.ts';
import { monotonicMs } from './monotonic-ms.ts';
import { isReady } from './ready-check.ts';
import { restartDecision } from './restart-decision.ts';
import type { ServiceState } from './running-system.ts';
import { lastLines, rotateLog, serviceLog } from './service-log.ts';
import { signalGroup, signalProcess } from './signals.ts';
import type { StateFolder } from './state-folder.ts';
import type { ServiceRecord } from './system-state.ts';

/** What a supervised service is given. */
export type ServiceContext = {
  readonly world: World;
  readonly folder: StateFolder;
  /** How long a start may take before the service counts as failed. */
  readonly readyTimeoutMs: number;
  /** After each change of state or pid. */
  readonly changed: (record: ServiceRecord, detail: string) => void;
};

export type ServiceRunner = {
  readonly service: PlannedService;
  record(): ServiceRecord;
  /** Resolves when ready; from then on the service is restarted by its policy. Throws 120 or 105. */
  start(signal: AbortSignal): Promise<void>;
  /** Asks it to end, kills its group after the grace. Safe to call twice and at any time. */
  stop(): Promise<void>;
  /** SIGKILL to its group, now. */
  kill(): void;
};

const askEveryMs = 20;
const evidenceLines = 15;

/** A runner for the service; nothing happens before `start`. */
export function runService(service: PlannedService, context: ServiceContext): ServiceRunner {
  const { world, folder, readyTimeoutMs } = context;
  const logFile = serviceLog(folder.logsDir, service.name);
  const stopping = new AbortController();
  let state: ServiceState = 'starting';
  let child: Launched | undefined;
  let restarts = 0;
  let readyAtMs = 0;
  let watching: Promise<void> = Promise.resolve();

  const record = (): ServiceRecord => ({
    name: service.name,
    kind: service.kind,
    role: service.role,
    pid: child?.pid ?? null,
    startTime: child?.startTime ?? null,
    host: service.host,
    port: service.port,
    metricsPort: service.metricsPort,
    state,
    restarts,
  });

  function become(next: ServiceState, detail: string): void {
    state = next;
    context.changed(record(), detail);
  }

  /** Where in its log what it writes from now on begins. */
  function prepare(): number {
    try {
      prepareService(service);
      return rotateLog(logFile);
    } catch (error) {
      throw new Failure(exitCode.notReady, `${service.name} cannot be prepared`, {
        why: error instanceof Error ? error.message : String(error),
        cause: error,
      });
    }
  }

  function begin(): Launched {
    child = launch(service, folder);
    become('starting', child.pid === null ? '' : `pid ${child.pid}`);
    return child;
  }

  /** The leader is dead: whatever of its group is not (nginx's workers) must not hold the port. */
  function buryGroup(dead: Launched): void {
    signalGroup(dead.pid, 'SIGKILL');
    child = undefined;
  }

  async function becomeReady(current: Launched, signal: AbortSignal): Promise<Start> {
    const outcome = await untilReady(current, signal);
    if (outcome.kind === 'ready') {
      readyAtMs = monotonicMs(world);
      become('ready', `pid ${current.pid}`);
    } else if (outcome.kind !== 'exited') {
      signalGroup(current.pid, 'SIGKILL');
      await current.exited;
    }
    return outcome;
  }

  async function untilReady(current: Launched, signal: AbortSignal): Promise<Start> {
    const deadlineMs = monotonicMs(world) + readyTimeoutMs;
    let ending: Ending | undefined;
    void current.exited.then((end) => (ending = end));
    for (;;) {
      const ready = await Promise.race([
        isReady(service.host, service.ready),
        current.exited.then(() => false),
      ]);
      // Ready and dead: another process answered on its port.
      if (ending !== undefined) return { kind: 'exited', ending };
      if (ready) return { kind: 'ready' };
      if (signal.aborted) return { kind: 'aborted' };
      if (monotonicMs(world) >= deadlineMs) return { kind: 'timeout' };
      await Promise.race([world.clock.sleep(askEveryMs), current.exited]);
    }
  }

  async function watch(first: Launched): Promise<void> {
    let current = first;
    let inARow = 0;
    for (;;) {
      const ending = await current.exited;
      buryGroup(current);
      if (stopping.signal.aborted) return;
      const hold = heldBy(folder.dir, service.name);
      const isOwed = takeOwedStart(folder.dir, service.name, current);
      if (hold !== undefined || isOwed) {
        const why = hold === undefined ? 'started again' : `held down by ${hold.why}`;
        become('held', `${describeEnding(ending)}; ${why}`);
        await untilReleased();
        if (stopping.signal.aborted) return;
        restarts += 1;
        current = begin();
        await becomeReady(current, stopping.signal);
        continue;
      }
      const decision = restartDecision(service.restart, {
        endedWell: ending.code === 0,
        healthyMs: state === 'ready' ? monotonicMs(world) - readyAtMs : 0,
        inARow,
      });
      const how = describeEnding(ending);
      if (decision.kind === 'stay-down') {
        become(decision.state, `${how}; ${decision.why}`);
        return;
      }
      inARow = decision.inARow;
      become('restarting', `${how}; restart in ${decision.delayMs} ms`);
      await world.clock.sleep(decision.delayMs, stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      restarts += 1;
      current = begin();
      await becomeReady(current, stopping.signal);
    }
  }

  async function untilReleased(): Promise<void> {
    while (!stopping.signal.aborted && heldBy(folder.dir, service.name) !== undefined) {
      await world.clock.sleep(askEveryMs, stopping.signal).catch(() => undefined);
    }
  }

  return {
    service,
    record,
    async start(signal) {
      const logStart = prepare();
      const current = begin();
      const outcome = await becomeReady(current, AbortSignal.any([signal, stopping.signal]));
      if (outcome.kind === 'ready') {
        watching = watch(current);
        return;
      }
      buryGroup(current);
      become('failed', describeStart(outcome, readyTimeoutMs));
      if (outcome.kind === 'aborted') throw interrupted();
      throw new Failure(exitCode.notReady, `${service.name} did not start`, {
        why: describeStart(outcome, readyTimeoutMs),
        evidence: lastLines(logFile, evidenceLines, logStart),
        next: `rtops logs ${service.name}`,
      });
    },
    async stop() {
      stopping.abort();
      const current = child;
      if (current !== undefined) {
        signalProcess(current.pid, service.stop.signal);
        // A stopped process (SIGSTOP) handles nothing until it goes on.
        signalGroup(current.pid, 'SIGCONT');
        const grace = new AbortController();
        const ended = await Promise.race([
          current.exited.then(() => true),
          world.clock.sleep(service.stop.graceMs, grace.signal).then(
            () => false,
            () => true,
          ),
        ]);
        grace.abort();
        if (!ended) signalGroup(current.pid, 'SIGKILL');
        await current.exited;
        buryGroup(current);
      }
      await watching;
      if (state !== 'failed') become('stopped', '');
    },
    kill() {
      stopping.abort();
      if (child !== undefined) signalGroup(child.pid, 'SIGKILL');
    },
  };
}

type Start =
  | { readonly kind: 'ready' }
  | { readonly kind: 'exited'; readonly ending: Ending }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' };

/** The start was given up on purpose. */
export function interrupted(): Failure {
  return new Failure(exitCode.interrupted, 'interrupted before the system was ready', {
    why: 'what had been started is stopped again',
  });
}

function describeStart(outcome: Exclude<Start, { kind: 'ready' }>, readyTimeoutMs: number): string {
  switch (outcome.kind) {
    case 'exited':
      return describeEnding(outcome.ending);
    case 'timeout':
      return `it runs, but was not ready within ${readyTimeoutMs / 1000} s`;
    case 'aborted':
      return 'interrupted';
    default:
      return outcome satisfies never;
  }
}

function describeEnding({ code, signal, error }: Ending): string {
  if (error !== undefined) return error;
  return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
}
