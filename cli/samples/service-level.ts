/**
 * How well users were served, in slots of 100 ms: what fell due, what of it was acked as quickly as
 * before, and how many clients were without service at some time of the slot.
 */

/** Length of a slot, and so the resolution of a recovery. */
const slotMs = 100;
/** This share of what fell due must be acked in time for a slot, or a second, to be good. */
const goodShare = 0.99;
/** Up to this share of the clients may be away: single clients come and go. */
const awayShare = 0.01;
/** The service must stay good for this long to have recovered. */
export const steadyMs = 10_000;
const secondSlots = 1000 / slotMs;

export type ServiceLevel = {
  /** Good slots, and slots in which something fell due, in [fromMs, untilMs). */
  goodSlots(fromMs: number, untilMs: number): { readonly good: number; readonly of: number };
  /**
   * The first moment from `atMs` on from which the service is good for 10 s, or to `untilMs` if that
   * is sooner; `null` when there is none, or less than a second left to see it in. Good: the share of
   * due messages acked in time is 99 % over the whole, and over the first second, and no more than
   * 1 % of the clients are away at any time.
   */
  recoveredAt(atMs: number, untilMs: number): number | null;
};

/** One message that fell due; `inTime`: acked as quickly as before the faults. */
export type DueMessage = { readonly dueMs: number; readonly inTime: boolean };
/** A client that was away. */
export type Away = { readonly fromMs: number; readonly untilMs: number };

/** The level of a run of `endMs`. */
export function serviceLevel(
  messages: Iterable<DueMessage>,
  aways: Iterable<Away>,
  clients: number,
  endMs: number,
): ServiceLevel {
  const count = Math.max(1, Math.ceil(endMs / slotMs));
  // Prefix sums: entry i is what fell due before slot i.
  const due = new Float64Array(count + 1);
  const good = new Float64Array(count + 1);
  for (const { dueMs, inTime } of messages) {
    const slot = slotOf(dueMs);
    if (slot < 0 || slot >= count) continue;
    due[slot + 1] = (due[slot + 1] ?? 0) + 1;
    if (inTime) good[slot + 1] = (good[slot + 1] ?? 0) + 1;
  }
  const away = new Float64Array(count + 1);
  for (const { fromMs, untilMs } of aways) {
    const from = Math.min(count, Math.max(0, slotOf(fromMs)));
    const to = Math.min(count, Math.max(from, slotOf(untilMs) + 1));
    away[from] = (away[from] ?? 0) + 1;
    away[to] = (away[to] ?? 0) - 1;
  }
  for (let slot = 1; slot <= count; slot++) {
    due[slot] = (due[slot] ?? 0) + (due[slot - 1] ?? 0);
    good[slot] = (good[slot] ?? 0) + (good[slot - 1] ?? 0);
    away[slot] = (away[slot] ?? 0) + (away[slot - 1] ?? 0);
  }
  const isGood = (from: number, to: number): boolean => {
    const owed = (due[to] ?? 0) - (due[from] ?? 0);
    return (good[to] ?? 0) - (good[from] ?? 0) >= goodShare * owed;
  };
  const mayBeAway = Math.floor(awayShare * clients);

  return {
    goodSlots(fromMs, untilMs) {
      const total = { good: 0, of: 0 };
      const end = Math.min(count, slotOf(untilMs));
      for (let slot = Math.max(0, slotOf(fromMs)); slot < end; slot++) {
        if (due[slot + 1] === due[slot]) continue;
        total.of++;
        if (isGood(slot, slot + 1)) total.good++;
      }
      return total;
    },
    recoveredAt(atMs, untilMs) {
      const first = Math.max(0, slotOf(atMs));
      const end = Math.min(count, slotOf(untilMs));
      /** The last slot of the window in which too many were away, as the window moves on. */
      let awayLast = -1;
      let seen = first;
      for (let slot = first; slot + secondSlots <= end; slot++) {
        const to = Math.min(end, slot + steadyMs / slotMs);
        for (; seen < to; seen++) if ((away[seen] ?? 0) > mayBeAway) awayLast = seen;
        if (awayLast >= slot) {
          slot = awayLast;
          continue;
        }
        if (!isGood(slot, slot + secondSlots) || !isGood(slot, to)) continue;
        if (!isGood(slot, slot + 1)) continue;
        return slot === first ? atMs : slot * slotMs;
      }
      return null;
    },
  };
}

function slotOf(ms: number): number {
  return Math.floor(ms / slotMs);
}
