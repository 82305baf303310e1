/** Clients that kept their connection and waited. */
import type { MessageTime } from './message-times.ts';

/** Waiting that people notice as the service hanging. */
const stallMs = 1000;

export type Stall = {
  readonly user: number;
  readonly fromMs: number;
  /** When it had been waiting for so long that it is one. */
  readonly shownMs: number;
  readonly untilMs: number;
};

/**
 * Waits of over a second for an ack, by sender. A user has one message under way; the next one's wait
 * counts from the ack before it, so that a queue is not counted many times over.
 */
export function stallsOf(messages: readonly MessageTime[]): readonly Stall[] {
  const stalls: Stall[] = [];
  const lastAckUs = new Map<number, number>();
  const inOrder = messages
    .filter(({ dueUs, ackedUs }) => dueUs !== Infinity && ackedUs !== Infinity)
    .toSorted((a, b) => a.dueUs - b.dueUs);
  for (const { sender, dueUs, ackedUs } of inOrder) {
    const fromUs = Math.max(dueUs, lastAckUs.get(sender) ?? 0);
    lastAckUs.set(sender, Math.max(ackedUs, lastAckUs.get(sender) ?? 0));
    if (ackedUs - fromUs > stallMs * 1000) {
      const fromMs = fromUs / 1000;
      stalls.push({ user: sender, fromMs, shownMs: fromMs + stallMs, untilMs: ackedUs / 1000 });
    }
  }
  return stalls;
}
