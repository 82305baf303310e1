/** The auditor's finding of rooms that a run counted anew. */
import { recordKind } from './history.ts';
import type { UserEvent } from './recount-stays.ts';

/** What a user had of a room: before its connection broke, and by now. */
type Had = { readonly before: number; readonly now: number };

/**
 * Rooms whose log may have been another one, later, in which an id has another seq: a member was told of
 * it, or was sent back, at its return, to below the highest seq it had got before.
 */
export function roomsCountedAnew(
  users: ReadonlyMap<number, readonly UserEvent[]>,
): ReadonlySet<number> {
  const rooms = new Set<number>();
  for (const events of users.values()) for (const room of ofUser(events)) rooms.add(room);
  return rooms;
}

function* ofUser(events: readonly UserEvent[]): Iterable<number> {
  const places = new Map<number, Had>();
  for (const { kind, code, room, value } of events) {
    const { before, now } = places.get(room) ?? { before: 0, now: 0 };
    if (kind === recordKind.joined) {
      places.set(room, { before: value, now: value });
    } else if (kind === recordKind.delivered) {
      places.set(room, { before, now: Math.max(now, value) });
    } else if (kind === recordKind.disconnected) {
      for (const [own, had] of places) places.set(own, { before: had.now, now: had.now });
    } else if (kind === recordKind.renumbered) {
      places.set(room, { before: value, now: value });
      yield room;
    } else if (kind === recordKind.resumed) {
      const isSentBack = code === 1 && value < before;
      const has = isSentBack ? value : now;
      places.set(room, { before: has, now: has });
      if (isSentBack) yield room;
    }
  }
}
