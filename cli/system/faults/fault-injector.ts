/**
 * The port through which faults are done to a running system. Order of every injection: checked
 * (only what rtops started), written to the journal, done, watched until it bit; undone in reverse.
 */
import type { Fault } from '../../scenario/fault.ts';

/** A fault that is there now. */
export type Injected = {
  readonly fault: Fault;
  /** ms on the monotonic clock, as the run's history is, just before the effect. */
  readonly atMs: number;
  /** Connected clients on the node just before; `null` where unknown. */
  readonly clientsOnNode: number | null;
  /** What was seen of the effect, and whether it was there. */
  readonly evidence: string;
  readonly effective: boolean;
  /** Nothing but what users say can show that it was there: nobody else can see it. */
  readonly onlyUsersShow?: boolean;
  /**
   * Undoes it and waits until the node is ready again; resolves with the time of that, as `atMs`, and
   * with `null` when that was not waited for any longer. Harmless when repeated.
   */
  undo(): Promise<number | null>;
};

export type FaultInjector = AsyncDisposable & {
  /** Throws a usage failure when the fault cannot be done to this system (no such node, no such edge). */
  check(fault: Fault): Promise<void>;
  inject(fault: Fault): Promise<Injected>;
  /** What is being undone, or will be, waits for no node on its way back, and says so: a second Ctrl-C. */
  waitNoLonger(): void;
};
