/** The auditor's reading of how well users were served, in slots of 100 ms. */
import type { Absence } from './recount-absences.ts';
import { endOfAbsence } from './recount-absences.ts';
import type { Message } from './recount-messages.ts';

/** An ack within this is as good as before the faults, whatever "before" was. */
export const alwaysGoodMs = 100;
const slotMs = 100;

/** What fell due, what of it was acked as quickly as before, who was away. */
type Slot = { due: number; good: number; away: number };

export type ServiceAudit = {
  /** Each message that fell due. */
  note(message: Message & { readonly dueUs: number }): void;
  /** When all are noted; `goodWithinMs`: at least {@link alwaysGoodMs}. */
  close(absences: readonly Absence[], goodWithinMs: number): Service;
};

export type Service = {
  /** The first moment from which all is as before, for 10 s or to `untilMs`; infinite: none was seen. */
  recovered(clients: number, atMs: number, untilMs: number): number;
  goodShare(fromMs: number, untilMs: number): number;
};

/** A run of `endMs`, before its first message. */
export function auditService(endMs: number): ServiceAudit {
  const slots = Array.from({ length: Math.max(1, Math.ceil(endMs / slotMs)) }, (): Slot => ({
    due: 0,
    good: 0,
    away: 0,
  }));
  /** Acks that may be good or not. */
  const slow: { readonly slot: Slot; readonly waitUs: number }[] = [];
  return {
    note({ dueUs, ackedUs }) {
      const slot = slots[Math.floor(dueUs / 1000 / slotMs)];
      if (slot === undefined) return;
      slot.due++;
      const waitUs = ackedUs - dueUs;
      if (waitUs <= alwaysGoodMs * 1000) slot.good++;
      else if (waitUs < Infinity) slow.push({ slot, waitUs });
    },
    close(absences, goodWithinMs) {
      for (const { slot, waitUs } of slow) if (waitUs <= goodWithinMs * 1000) slot.good++;
      for (const one of absences) {
        const from = Math.floor(one.fromUs / 1000 / slotMs);
        const to = Math.max(from, Math.floor(endOfAbsence(one, endMs) / slotMs) + 1);
        for (const slot of slots.slice(from, to)) slot.away++;
      }
      return {
        recovered: (clients, atMs, untilMs) => recovered(slots, clients, atMs, untilMs),
        goodShare: (fromMs, untilMs) => goodShare(slots, fromMs, untilMs),
      };
    },
  };
}

function recovered(slots: readonly Slot[], clients: number, atMs: number, untilMs: number): number {
  const first = Math.floor(atMs / slotMs);
  const end = Math.min(slots.length, Math.floor(untilMs / slotMs));
  for (let slot = first; slot + 10 <= end; slot++) {
    const ahead = slots.slice(slot, Math.min(end, slot + 100));
    if (ahead.some(({ away }) => away > Math.floor(0.01 * clients))) continue;
    if (!isGood(ahead) || !isGood(ahead.slice(0, 10)) || !isGood(ahead.slice(0, 1))) continue;
    return slot === first ? atMs : slot * slotMs;
  }
  return Infinity;
}

function goodShare(slots: readonly Slot[], fromMs: number, untilMs: number): number {
  const part = slots
    .slice(Math.floor(fromMs / slotMs), Math.floor(untilMs / slotMs))
    .filter(({ due }) => due > 0);
  return part.length === 0 ? 1 : part.filter((slot) => isGood([slot])).length / part.length;
}

function isGood(part: readonly Slot[]): boolean {
  const sum = (of: (slot: Slot) => number): number =>
    part.reduce((total, slot) => total + of(slot), 0);
  return sum(({ good }) => good) >= 0.99 * sum(({ due }) => due);
}
