/** The auditor's reading of who kept the connection and waited. */
import { endOfAbsence } from './recount-absences.ts';
import type { Absence } from './recount-absences.ts';
import type { Message } from './recount-messages.ts';

export type Hang = { readonly user: number; readonly fromMs: number; readonly untilMs: number };

/** Waiting that people notice. */
export const hangShowsMs = 1000;

/**
 * Waits of over a second; a user's next wait counts from the end of the one before. What was neither
 * acked nor refused was waited for as long as an ack is, `ackWithinMs`.
 */
export function hangsOf(
  sent: readonly (Message & { readonly dueUs: number })[],
  absences: readonly Absence[],
  ackWithinMs: number,
  endMs: number,
): readonly Hang[] {
  const away = Map.groupBy(absences, ({ user }) => user);
  const waits = sent.filter(({ acked, refused }) => acked || !refused);
  return [...Map.groupBy(waits, ({ sender }) => sender)].flatMap(([user, own]) => {
    const found: Hang[] = [];
    let lastMs = 0;
    for (const { dueUs, acked, ackedUs } of own.toSorted((a, b) => a.dueUs - b.dueUs)) {
      const fromMs = Math.max(dueUs / 1000, lastMs);
      const untilMs = Math.min(acked ? ackedUs / 1000 : dueUs / 1000 + ackWithinMs, endMs);
      lastMs = Math.max(lastMs, untilMs);
      const waitedMs = untilMs - (acked ? fromMs : dueUs / 1000);
      if (waitedMs <= hangShowsMs || untilMs <= fromMs) continue;
      const wasThere = (away.get(user) ?? []).every(
        (one) => one.fromUs / 1000 > untilMs || endOfAbsence(one, endMs) < fromMs,
      );
      if (wasThere) found.push({ user, fromMs, untilMs });
    }
    return found;
  });
}
