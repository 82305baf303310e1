/** What the events so far add up to: the state that every renderer draws. */
import type { RunEvent } from '../events.ts';

type RunStart = Extract<RunEvent, { kind: 'run-start' }>;
type TickEvent = Extract<RunEvent, { kind: 'tick' }>;
export type Tick = TickEvent['tick'];
export type ServiceSample = TickEvent['services'][number];

export type RunState = {
  readonly start: RunStart | null;
  /** Services by name while they start: state and detail as last said. */
  readonly starting: ReadonlyMap<string, { readonly state: string; readonly detail: string }>;
  readonly stage: { readonly index: number; readonly of: number; readonly target: number } | null;
  readonly tick: Tick | null;
  /** The last ticks, the newest last, at most {@link keptTicks}. */
  readonly ticks: readonly Tick[];
  readonly services: readonly ServiceSample[];
  /** Services that were read once and are not in the last reading, with the state last heard of. */
  readonly absent: readonly AbsentService[];
  /** Notes and warnings, the newest last, at most {@link keptMessages}. */
  readonly messages: readonly Message[];
  /** The timeline of faults, in the order planned or first heard of. */
  readonly faults: readonly FaultState[];
  readonly phase: 'starting' | 'running' | 'draining' | 'interrupted' | 'ended';
};

export type AbsentService = { readonly name: string; readonly state: string };

/** One fault, as far as it has come. */
export type FaultState = {
  /** As written. */
  readonly text: string;
  readonly phase: 'planned' | 'injected' | 'undone' | 'failed';
  /** What was last said of it. */
  readonly detail: string;
  /** ms since run start; `null` until then. */
  readonly injectedAt: number | null;
  readonly endedAt: number | null;
};

export type Message = {
  readonly kind: 'note' | 'warning';
  readonly t: number;
  readonly text: string;
};

/** An hour: the charts show no more of a longer run. */
export const keptTicks = 3600;
const keptMessages = 20;

export const emptyRunState: RunState = {
  start: null,
  starting: new Map(),
  stage: null,
  tick: null,
  ticks: [],
  services: [],
  absent: [],
  messages: [],
  faults: [],
  phase: 'starting',
};

/** The state after one more event. */
export function nextRunState(state: RunState, event: RunEvent): RunState {
  switch (event.kind) {
    case 'run-start':
      return {
        ...state,
        start: event,
        phase: 'running',
        // What was said of the start is stale once users come.
        messages: state.messages.filter((message) => message.kind === 'warning'),
      };
    case 'service':
      return {
        ...state,
        starting: new Map(state.starting).set(event.name, {
          state: event.state,
          detail: event.detail,
        }),
        absent: state.absent.map((one) =>
          one.name === event.name ? { name: one.name, state: event.state } : one,
        ),
      };
    case 'note':
    case 'warning': {
      const message = { kind: event.kind, t: event.t, text: event.text };
      return { ...state, messages: [...state.messages, message].slice(-keptMessages) };
    }
    case 'fault':
      return { ...state, faults: nextFaults(state.faults, event) };
    case 'stage':
      return { ...state, stage: event };
    case 'tick':
      return {
        ...state,
        tick: event.tick,
        ticks: [...state.ticks, event.tick].slice(-keptTicks),
        ...(event.services.length > 0
          ? { services: event.services, absent: absentOf(state, event.services) }
          : {}),
        phase: phaseAt(state, event.t),
      };
    case 'draining':
      return { ...state, phase: event.interrupted ? 'interrupted' : 'draining' };
    case 'run-end':
      return { ...state, phase: 'ended' };
  }
}

/** A service that is held down has no process to read, but is no less part of the system. */
function absentOf(
  { services, absent, starting }: RunState,
  read: readonly ServiceSample[],
): readonly AbsentService[] {
  const known = [...services, ...absent].map(({ name }) => name);
  return known
    .filter((name) => !read.some((one) => one.name === name))
    .map((name) => ({ name, state: starting.get(name)?.state ?? 'down' }));
}

/** The same fault may come again once it was undone. */
function nextFaults(
  faults: readonly FaultState[],
  { fault: text, phase, detail, t }: Extract<RunEvent, { kind: 'fault' }>,
): readonly FaultState[] {
  const index = faults.findIndex(
    (one) => one.text === text && one.phase !== 'undone' && one.phase !== 'failed',
  );
  const known = faults[index];
  const next = {
    text,
    phase,
    detail,
    injectedAt: phase === 'injected' ? t : (known?.injectedAt ?? null),
    endedAt: phase === 'undone' || phase === 'failed' ? t : null,
  };
  return known === undefined ? [...faults, next] : faults.with(index, next);
}

/** Past the last stage only late deliveries are waited for. */
function phaseAt(state: RunState, t: number): RunState['phase'] {
  if (state.phase !== 'running' || state.start === null) return state.phase;
  return t > state.start.durationMs + 500 ? 'draining' : 'running';
}

/** The service that used most CPU in the last reading. */
export function busiest(services: readonly ServiceSample[]): ServiceSample | undefined {
  return services.toSorted((a, b) => b.cpuPct - a.cpuPct)[0];
}
