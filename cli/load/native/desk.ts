/** What all users of a worker share. */
import type { Pacer } from '../../scenario/pacer.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { Channel, ChannelListener } from './channel.ts';
import type { HistoryWriter } from './history-writer.ts';
import type { Measures } from './measures.ts';
import type { RunClock } from './run-clock.ts';

/** What a user's timer is for. */
export const timerFor = {
  arrive: 0,
  send: 1,
  leave: 2,
  redial: 3,
  rejoin: 4,
  resend: 5,
  refetch: 6,
} as const;
export type TimerFor = (typeof timerFor)[keyof typeof timerFor];

export type UserKind = 'lean' | 'client' | 'polling';

export type Desk = {
  readonly runId: string;
  readonly scenario: Scenario;
  readonly pacer: Pacer;
  readonly clock: RunClock;
  readonly history: Pick<HistoryWriter, 'add'>;
  readonly measures: Measures;
  /** Nothing is due at or after this; the end of the stages, or the moment of a stop. */
  readonly endUs: number;
  /** How long a leaver, or the run's end, waits for what is under way. */
  readonly drainUs: number;
  /** In [0, 1), seeded. */
  random(): number;
  /** Calls `fire` of the user at `atUs` (or as soon as the loop is free). */
  timer(atUs: number, user: number, what: TimerFor): void;
  dial(
    user: number,
    kind: UserKind,
    resume: Resume | undefined,
    listener: ChannelListener,
  ): Channel;
  /** Whether a send due then is judged for lateness. */
  isHold(dueUs: number): boolean;
  /** An ack said that this room's log reaches at least to `seq`. */
  noteHead(room: number, seq: number): void;
  /** The highest seq acked in this room so far, 0 for none. */
  headOf(room: number): number;
  /** Somebody found that this epoch began a numbering anew: it is a log's, and no single process's. */
  noteAnew(epoch: string): void;
  /** Whether somebody did. */
  isAnew(epoch: string): boolean;
};

/** What a user that comes back asks for. */
export type Resume = { readonly epoch: string; readonly room: string; readonly lastSeq: number };
