/** What happens to a system: users, messages, pacing, thresholds as written. Plain data. */

import type { Fault, Flood } from './fault.ts';

/** Users move in a straight line from the previous stage's target to this one (k6's ramping-vus). */
export type Stage = { readonly durationMs: number; readonly target: number };

/** How often users send: each at its own rate, or all together at one rate. */
export type MessageRate =
  | { readonly kind: 'per-user'; readonly perSec: number }
  | { readonly kind: 'total'; readonly perSec: number };

/**
 * What a client does after it was thrown off. `stock`: as socket.io-client out of the box, joins
 * anew, and a send without an ack is forgotten. `retry`: joins anew and sends it again. `resume`:
 * asks for what it missed as well.
 */
export type ClientBehaviour = 'stock' | 'retry' | 'resume';

export type Scenario = {
  readonly name: string;
  readonly description: string;
  readonly protocol: 'socket.io';
  readonly stages: readonly [Stage, ...Stage[]];
  readonly rate: MessageRate;
  /** Members of a room; user i is in room ⌊i / roomSize⌋. */
  readonly roomSize: number;
  /** Bytes of a message's body. */
  readonly payloadBytes: number;
  /** GET requests beside the chat. */
  readonly http: {
    readonly perSec: number;
    readonly path: string;
    /** Share of the requests (0–1) that open a connection of their own. */
    readonly freshShare: number;
  };
  /** Share of users (0–1) that start on HTTP long polling and never upgrade. */
  readonly pollingShare: number;
  /** Users that run the real `socket.io-client`, as a check on the lean ones. */
  readonly fidelityUsers: number;
  /** Share of the users (0–1) that leave and come back each minute. */
  readonly churnPerMin: number;
  /** How long after the last send deliveries may still come before the run ends. */
  readonly drainMs: number;
  readonly client: ClientBehaviour;
  readonly thresholds: readonly string[];
  /** What is done to the system meanwhile; empty for a bench. */
  readonly faults: readonly Fault[];
  readonly flood: Flood | null;
  readonly seed: number;
};
