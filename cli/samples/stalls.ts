/** Clients that kept their connection and waited. */
import { ackWithinMs } from './ack-within.ts';
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
 * Waits of over a second for an ack, by sender, up to `endMs`. A user has one message under way; the
 * next one's wait counts from the ack before it, so that a queue is not counted many times over. A
 * message that was neither acked nor refused was waited for until its time was up.
 */
export function stallsOf(messages: Messages, endMs: number): readonly Stall[] {
  const stalls: Stall[] = [];
  let user = -1;
  let own: Wait[] = [];
  for (const { sender, dueUs, ackedUs, refused } of messages) {
    if (sender !== user) {
      stalls.push(...stallsOfUser(user, own));
      user = sender;
      own = [];
    }
    if (dueUs === Infinity) continue;
    const isAnswered = ackedUs !== Infinity;
    if (!isAnswered && refused) continue;
    const untilUs = Math.min(isAnswered ? ackedUs : dueUs + ackWithinMs * 1000, endMs * 1000);
    own.push({ dueUs, untilUs, isAnswered });
  }
  stalls.push(...stallsOfUser(user, own));
  return stalls;
}

type Wait = { readonly dueUs: number; readonly untilUs: number; readonly isAnswered: boolean };

function stallsOfUser(user: number, waits: readonly Wait[]): readonly Stall[] {
  const stalls: Stall[] = [];
  let lastUs = 0;
  for (const { dueUs, untilUs, isAnswered } of waits.toSorted((a, b) => a.dueUs - b.dueUs)) {
    const fromUs = Math.max(dueUs, lastUs);
    lastUs = Math.max(untilUs, lastUs);
    // Of a row of messages that nobody answered each adds what it outlasts the one before by.
    const waitedUs = untilUs - (isAnswered ? fromUs : dueUs);
    if (waitedUs <= stallMs * 1000 || untilUs <= fromUs) continue;
    const [fromMs, untilMs] = [fromUs / 1000, untilUs / 1000];
    stalls.push({ user, fromMs, shownMs: Math.min(fromMs + stallMs, untilMs), untilMs });
  }
  return stalls;
}
