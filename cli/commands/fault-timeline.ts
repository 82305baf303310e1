/**
 * The faults of a scenario, done at their times beside the load and undone at their ends. Whatever
 * ends the run undoes all that is still there first, the latest first.
 */
import type { RunEvent } from '../events.ts';
import { messageOf } from '../failure.ts';
import type { FaultWindow } from '../samples/fault-window.ts';
import type { Fault } from '../scenario/fault.ts';
import type { FaultInjector, Injected } from '../system/faults/fault-injector.ts';
import { monotonicMs } from '../system/monotonic-ms.ts';
import type { Clock } from '../world.ts';

export type FaultTimelineInput = {
  readonly clock: Clock;
  readonly injector: Pick<FaultInjector, 'inject'>;
  readonly faults: readonly Fault[];
  /** Run start on the monotonic clock; rejects when the run never starts, and then nothing is injected. */
  readonly startMs: Promise<number>;
  /** ms since run start when the last stage ends: what is still there by then is undone. */
  readonly lastEndMs: number;
  readonly emit: (event: RunEvent) => void;
};

export type FaultTimeline = AsyncDisposable & {
  /** Undoes what is there and injects nothing more. Harmless when repeated; never throws. */
  undoAll(): Promise<void>;
  /** After {@link undoAll}: what was there when, by time. A fault that could not be done has no effect. */
  finish(durationMs: number): Promise<FaultsDone>;
};

export type FaultsDone = {
  readonly windows: readonly FaultWindow[];
  /** What went wrong with an injection, an undo or the way back, as sentences. */
  readonly problems: readonly string[];
};

/** Begins at once; the faults wait for their times. */
export function startFaultTimeline(input: FaultTimelineInput): FaultTimeline {
  const { clock, injector, emit } = input;
  const faults = input.faults.toSorted((a, b) => a.atMs - b.atMs);
  const over = new AbortController();
  const there: There[] = [];
  const failed: FaultWindow[] = [];
  const problems: string[] = [];
  let zeroMs = 0;
  let started = false;

  // What somebody puts right on the wall clock meanwhile moves no fault against the history.
  const sinceStart = (atMs = monotonicMs(input)): number => Math.max(0, Math.round(atMs - zeroMs));
  const say = (fault: Fault, phase: Phase, detail: string, t = sinceStart()): void =>
    emit({ kind: 'fault', t, fault: fault.text, phase, detail });

  async function playAll(): Promise<void> {
    try {
      zeroMs = await input.startMs;
      started = true;
    } catch {
      return;
    }
    for (const fault of faults) say(fault, 'planned', `at ${fault.atMs / 1000} s`, 0);
    await Promise.all(faults.map(play));
  }

  async function play(fault: Fault): Promise<void> {
    if (!(await reached(fault.atMs))) return;
    let injected: Injected;
    try {
      injected = await injector.inject(fault);
    } catch (error) {
      const why = messageOf(error);
      const atMs = sinceStart();
      problems.push(`${fault.text} could not be injected: ${why}`);
      failed.push({ ...windowOf(fault, why), atMs, untilMs: atMs });
      say(fault, 'failed', why);
      return;
    }
    const one: There = { fault, injected, untilMs: null, undo: undefined };
    there.push(one);
    say(fault, 'injected', injected.evidence, sinceStart(injected.atMs));
    const endMs = fault.atMs + (fault.forMs ?? 0);
    if (await reached(Math.min(endMs, Math.max(input.lastEndMs, fault.atMs)))) await undo(one);
  }

  /** `false`: the run ended before that time. */
  async function reached(atMs: number): Promise<boolean> {
    const waitMs = zeroMs + atMs - monotonicMs(input);
    if (waitMs > 0) await clock.sleep(waitMs, over.signal).catch(() => undefined);
    return !over.signal.aborted;
  }

  function undo(one: There): Promise<void> {
    one.undo ??= one.injected.undo().then(
      (readyMs) => {
        if (readyMs === null) {
          const what = `undone, and ${one.fault.node} was not seen ready again`;
          problems.push(`${one.fault.text} was ${what}: it counts as there until the run's end`);
          say(one.fault, 'failed', what);
          return;
        }
        one.untilMs = sinceStart(readyMs);
        say(one.fault, 'undone', one.injected.evidence, one.untilMs);
      },
      (error: unknown) => {
        problems.push(`${one.fault.text} could not be undone: ${messageOf(error)}`);
        say(one.fault, 'failed', messageOf(error));
      },
    );
    return one.undo;
  }

  const played = playAll();
  let ended: Promise<void> | undefined;
  const undoAll = (): Promise<void> => (ended ??= end());
  async function end(): Promise<void> {
    over.abort();
    // First what is surely there; then what was just being done. All at once, the latest first: a
    // node may not be ready again before the fault that holds its Redis down is undone as well.
    await Promise.all(there.toReversed().map(undo));
    // A start that never came would hold `played` until the load has ended, which may wait for us.
    if (started) await played;
    await Promise.all(there.toReversed().map(undo));
  }

  return {
    undoAll,
    async finish(durationMs) {
      await undoAll();
      await played;
      const windows = there.map(({ fault, injected, untilMs }) => ({
        ...windowOf(fault, injected.evidence),
        atMs: sinceStart(injected.atMs),
        untilMs: untilMs ?? durationMs,
        clientsOnNode: injected.clientsOnNode,
        effective: injected.effective,
        onlyUsersShow: injected.onlyUsersShow ?? false,
      }));
      return { windows: [...windows, ...failed].toSorted((a, b) => a.atMs - b.atMs), problems };
    },
    [Symbol.asyncDispose]: undoAll,
  };
}

type Phase = Extract<RunEvent, { kind: 'fault' }>['phase'];

/** A fault that was injected. */
type There = {
  readonly fault: Fault;
  readonly injected: Injected;
  /** `null`: still there, or not seen ready again. */
  untilMs: number | null;
  undo: Promise<void> | undefined;
};

/** The window of a fault of which nothing was seen yet. */
function windowOf({ text, kind, node, atMs }: Fault, evidence: string): FaultWindow {
  return {
    ...{ text, kind, node, atMs, evidence },
    untilMs: atMs,
    clientsOnNode: null,
    effective: false,
  };
}
