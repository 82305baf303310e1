/** What can be done to an edge, as data: the words of the control port. */
import { z } from 'zod';

/** `up`: from who dials to who is dialled. */
export type Way = 'up' | 'down';

const direction = z.enum(['up', 'down', 'both']);
const ms = z.number().min(0).max(3_600_000);

const toxicSchema = z.discriminatedUnion('kind', [
  /** Each piece waits `delayMs` ± `jitterMs` (evenly spread); order is kept. */
  z.strictObject({ kind: z.literal('latency'), direction, delayMs: ms, jitterMs: ms }),
  /** All connections of the edge share this much in a direction, turn by turn. */
  z.strictObject({
    kind: z.literal('rate'),
    direction,
    bytesPerSec: z.number().min(1).max(1e12),
  }),
  /** Nothing passes and nothing is closed; new connections are accepted and stay silent. */
  z.strictObject({ kind: z.literal('blackhole'), direction }),
  /** Each connection is closed once this much passed, counted from now. */
  z.strictObject({ kind: z.literal('cut'), direction, bytes: z.int().min(0).max(1e12) }),
  /** RST to both ends of every connection, and to new ones. */
  z.strictObject({ kind: z.literal('reset') }),
  /** The edge does not listen; connections that are there stay. */
  z.strictObject({ kind: z.literal('refuse') }),
]);

export type Toxic = z.output<typeof toxicSchema>;

/** One toxic for one or more edges at once; gone by itself when nobody renews it. */
export const toxicOrderSchema = z.strictObject({
  id: z.string().min(1).max(64),
  edges: z.array(z.string()).min(1).max(1000),
  toxic: toxicSchema,
  ttlMs: z.int().min(50).max(600_000),
});

export type ToxicOrder = z.output<typeof toxicOrderSchema>;

/** What the control port tells of an edge. */
export type EdgeStatus = {
  readonly name: string;
  readonly listening: boolean;
  /** Connections there now, those without a way through included. */
  readonly connections: number;
  readonly accepted: number;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly toxics: readonly string[];
};

export function hits(toxic: { readonly direction: 'up' | 'down' | 'both' }, way: Way): boolean {
  return toxic.direction === 'both' || toxic.direction === way;
}
