/** Clients that kept their connection and waited. */
import type { Messages } from './message-times.ts';

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
export function stallsOf(messages: Messages): readonly Stall[] {
  const stalls: Stall[] = [];
  let user = -1;
  let own: Wait[] = [];
  for (const { sender, dueUs, ackedUs } of messages) {
    if (sender !== user) {
      stalls.push(...stallsOfUser(user, own));
      user = sender;
      own = [];
    }
    if (dueUs !== Infinity && ackedUs !== Infinity) own.push({ dueUs, ackedUs });
  }
  stalls.push(...stallsOfUser(user, own));
  return stalls;
}

type Wait = { readonly dueUs: number; readonly ackedUs: number };

function stallsOfUser(user: number, waits: readonly Wait[]): readonly Stall[] {
  const stalls: Stall[] = [];
  let lastAckUs = 0;
  for (const { dueUs, ackedUs } of waits.toSorted((a, b) => a.dueUs - b.dueUs)) {
    const fromUs = Math.max(dueUs, lastAckUs);
    lastAckUs = Math.max(ackedUs, lastAckUs);
    if (ackedUs - fromUs <= stallMs * 1000) continue;
    const fromMs = fromUs / 1000;
    stalls.push({ user, fromMs, shownMs: fromMs + stallMs, untilMs: ackedUs / 1000 });
  }
  return stalls;
}
