/** The auditor's cut of a user's events into memberships. */
import { recordKind } from './history.ts';
import type { Message } from './recount-messages.ts';

/** One record of a user, as far as its memberships are concerned. */
export type UserEvent = {
  readonly kind: number;
  readonly code: number;
  readonly room: number;
  readonly atUs: number;
  readonly value: number;
  /** What a join, or a return by a join, took; capped. */
  readonly tookUs: number;
  readonly message: Message | undefined;
};

/** A duration of 24 bits says no more than that it took so long. */
const cappedUs = 0xffffff;

/** One membership: the join's head, what happened in it, what still came after its end. */
export type Stay = {
  readonly head: number;
  readonly joinedUs: number;
  /** When the join was asked for, where that is known. */
  readonly askedUs: number | undefined;
  readonly events: UserEvent[];
  readonly after: UserEvent[];
  endUs: number;
  /** The last seq the server had sent, where it said so when the stay ended. */
  lastSent: number | undefined;
};

/** A user's memberships of one room, from its events there in time order. */
export function stays(events: readonly UserEvent[], runEndUs: number): Stay[] {
  const found: Stay[] = [];
  let current: Stay | undefined;
  /** Frames read since the last stay ended. */
  let between: UserEvent[] = [];
  for (const event of events) {
    const isEnd =
      event.kind === recordKind.left ||
      (event.kind === recordKind.disconnected && event.code === 1);
    if (current !== undefined) {
      current.events.push(event);
      if (!isEnd) continue;
      current.endUs = event.atUs;
      if (event.kind === recordKind.left && event.code === 1) current.lastSent = event.value;
      current = undefined;
    } else if (event.kind === recordKind.joined) {
      // A frame may overtake the ack of the join; one at or below its head is of the stay before.
      found.at(-1)?.after.push(...between.filter((frame) => frame.value <= event.value));
      const early = between.filter((frame) => frame.value > event.value);
      current = {
        head: event.value,
        joinedUs: event.atUs,
        askedUs: event.tookUs >= cappedUs ? undefined : event.atUs - event.tookUs,
        events: early,
        after: [],
        endUs: runEndUs,
        lastSent: undefined,
      };
      found.push(current);
      between = [];
    } else if (event.kind === recordKind.delivered) between.push(event);
  }
  if (current === undefined) found.at(-1)?.after.push(...between);
  return found;
}
