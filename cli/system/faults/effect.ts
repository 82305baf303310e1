/** What a kind of fault owns: its effect, and nothing of order, journal or undo. */
import type { Fault } from '../../scenario/fault.ts';
import type { World } from '../../world.ts';
import type { RunningSystem } from '../running-system.ts';
import type { UndoStep } from './journal.ts';
import type { Target } from './target.ts';

/** One fault about to be done to one process. */
export type Injection = {
  readonly world: World;
  readonly system: RunningSystem;
  readonly fault: Fault;
  readonly target: Target;
  /** Fires when nobody waits any longer for nodes on their way back. */
  readonly impatient: AbortSignal;
};

/** What was seen of an effect. */
export type Seen = { readonly evidence: string; readonly effective: boolean };

export type Effect = {
  /** Goes to the journal before `apply`. */
  readonly undo: readonly UndoStep[];
  /** Does it, and watches until it bit. */
  apply(): Promise<Seen>;
  /** What was seen since, to be read at any time; in place of what `apply` saw. */
  evidence?(): string;
  /** Ends what goes on in this process, before the steps are undone. */
  stop?(): Promise<void> | void;
  /** After the steps: resolves with the time (monotonic, ms) when the node is as it was; `null`: nobody saw that. */
  recovered(): Promise<number | null>;
};
