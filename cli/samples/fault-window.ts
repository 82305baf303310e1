/** When a fault was really there, on the run's clock, and what users felt of it. */

/** One injected fault. Times are ms since run start, measured around the effect, not as planned. */
export type FaultWindow = {
  readonly text: string;
  readonly kind: string;
  readonly node: string;
  readonly atMs: number;
  /** When it was undone and the node was ready again; the run's end when it never was. */
  readonly untilMs: number;
  /** Connected clients on the node just before, where known. */
  readonly clientsOnNode: number | null;
  /** What the injector saw of its own effect: `pid 812 is gone`, `reload refused: …`. */
  readonly evidence: string;
  /** Whether the effect was there at all as far as the injector can tell. */
  readonly effective: boolean;
  /** The injector cannot see the effect: unless a user noticed, there was none. */
  readonly onlyUsersShow?: boolean;
};
