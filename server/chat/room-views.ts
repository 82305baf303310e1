/**
 * The rooms that this node shows: opened for the first who comes, followed a little longer than the
 * last one stays, and held against the log, which finds what its channel lost in silence and what
 * the log itself lost. Each room knows the epoch it counts in, so that a seq is never told under
 * the name of another one.
 */
import type { Logger } from 'pino';
import { LogUnavailable, type LogEntry, type RoomLog } from '../log/room-log.ts';
import { askHeads, type LogHead } from './ask-heads.ts';
import { roomView, type RoomView } from './room-view.ts';

/** How often heads are compared with the log's. */
const compareEveryMs = 5000;
/** Rooms whose entries are asked for at once: after Redis was away every room is. */
const comparedAtOnce = 100;
/** A room nobody here is in is followed this much longer, for those who come right back. */
const lingerMs = 5000;

export type RoomViews = {
  get(room: string): RoomView | undefined;
  /**
   * Runs `go` with the view of the room, which shows at least what was stored when this was called.
   * The room is followed for as long as `go` takes.
   */
  entering<T>(room: string, go: (view: RoomView) => T | Promise<T>): Promise<T>;
  /** The newest epoch the log has named, asked for when it has named none. */
  epoch(): Promise<string>;
  /** A message from the channel. */
  arrived(room: string, entry: LogEntry): void;
  /** The channel may have lost something, and the log too: what it holds is compared as well. */
  interrupted(): void;
  /** A message was numbered below one that was shown: the log went back. */
  wentBack(): void;
  /** To be called twice a second: forgets rooms that stay empty, and compares when it is time. */
  sweep(): void;
};

export type RoomViewsDeps = {
  readonly log: RoomLog;
  readonly logger: Logger;
  /** A message is next in its room: called once for each, in order of seq. */
  readonly shown: (view: RoomView, entry: LogEntry) => void;
  /** The room starts again in a new epoch: its members have to be told. */
  readonly restarted: (view: RoomView) => void;
};

type Held = {
  readonly view: RoomView;
  /** How many are on their way in. */
  entering: number;
  emptySince: number | undefined;
};

export function roomViews({ log, logger, shown, restarted }: RoomViewsDeps): RoomViews {
  const rooms = new Map<string, Held>();
  const opening = new Map<string, Promise<Held>>();
  const arrivedEarly = new Map<string, LogEntry[]>();
  const headOf = askHeads(log);
  /** The newest one the log has named. A room may still count in the one before. */
  let newest = '';
  let nextCompareAt = performance.now() + compareEveryMs;
  let comparing: Promise<void> | undefined;
  let wanted: 'nothing' | 'heads' | 'entries' = 'nothing';

  const heldOf = async (room: string): Promise<Held> => {
    const held = rooms.get(room);
    if (held !== undefined) return held;
    const begun = opening.get(room);
    if (begun !== undefined) return begun;
    const opened = open(room).finally(() => {
      opening.delete(room);
      arrivedEarly.delete(room);
    });
    opening.set(room, opened);
    return opened;
  };

  const open = async (room: string): Promise<Held> => {
    const early: LogEntry[] = [];
    arrivedEarly.set(room, early);
    try {
      await log.follow(room);
      const head = await headOf(room);
      noteEpoch(head.epoch);
      const held = { view: roomView(room, head, log, shown), entering: 0, emptySince: undefined };
      rooms.set(room, held);
      for (const { seq, json } of early) held.view.arrived(seq, json);
      return held;
    } catch (error) {
      log.unfollow(room);
      throw error;
    }
  };

  const noteEpoch = (epoch: string): void => {
    if (epoch === newest) return;
    const isFirst = newest === '';
    newest = epoch;
    if (isFirst) return;
    logger.warn({ epoch }, 'a new epoch');
    compareSoon('heads');
  };

  /** What the log said of a room, held against where the room stood when it was asked. */
  const meet = async (view: RoomView, before: LogHead, said: LogHead): Promise<void> => {
    const isAsBefore = view.epoch() === before.epoch;
    if (said.epoch !== view.epoch()) {
      // Otherwise the room has started again meanwhile, and the answer is older than that.
      if (!isAsBefore) return;
      noteEpoch(said.epoch);
      startAgain(view, said);
    } else if (isAsBefore && said.head < before.head) {
      await lostEntries(view, said.head);
    } else {
      await view.catchUp(said.head);
    }
  };

  /** The log went back: what members have seen is no longer what it holds. */
  const lostEntries = async (view: RoomView, head: number): Promise<void> => {
    const { room } = view;
    const lost = view.epoch();
    logger.warn({ room, head, shown: view.last() }, 'the log lost entries');
    // One new epoch for all rooms that lost some.
    if (newest === lost) noteEpoch(await log.renewEpoch(lost));
    if (view.epoch() === lost) startAgain(view, { epoch: newest, head });
  };

  const startAgain = (view: RoomView, head: LogHead): void => {
    view.restart(head);
    restarted(view);
  };

  const compare = async (depth: 'heads' | 'entries'): Promise<void> => {
    const asked = [...rooms.values()].map(({ view }) => ({ view, before: standOf(view) }));
    const { epoch, heads } = await log.heads(asked.map(({ view }) => view.room));
    noteEpoch(epoch);
    const compareOne = async (view: RoomView, before: LogHead, said: LogHead): Promise<void> => {
      await meet(view, before, said);
      if (depth === 'entries' && !(await view.agrees())) await lostEntries(view, said.head);
    };
    for (let from = 0; from < asked.length; from += comparedAtOnce) {
      const some = asked.slice(from, from + comparedAtOnce);
      await Promise.all(
        some.map(({ view, before }, i) =>
          compareOne(view, before, { epoch, head: heads[from + i] ?? 0 }),
        ),
      );
    }
  };

  const want = (depth: 'heads' | 'entries'): void => {
    if (wanted !== 'entries') wanted = depth;
  };

  const compareSoon = (depth: 'heads' | 'entries'): void => {
    want(depth);
    comparing ??= compareWanted().finally(() => {
      comparing = undefined;
    });
  };

  const compareWanted = async (): Promise<void> => {
    while (wanted !== 'nothing') {
      const depth = wanted;
      wanted = 'nothing';
      try {
        await compare(depth);
        nextCompareAt = performance.now() + compareEveryMs;
      } catch (error) {
        if (!(error instanceof LogUnavailable)) logger.error({ err: error }, 'heads not compared');
        // It stays wanted until the next sweep.
        want(depth);
        return;
      }
    }
  };

  return {
    get: (room) => rooms.get(room)?.view,
    entering: async (room, go) => {
      // One that is only now being opened asks for the head after this call.
      const isNew = !rooms.has(room) && !opening.has(room);
      const held = await heldOf(room);
      held.entering += 1;
      try {
        const { view } = held;
        if (!isNew) await meet(view, standOf(view), await headOf(room));
        return await go(view);
      } finally {
        held.entering -= 1;
      }
    },
    epoch: async () => {
      if (newest === '') noteEpoch((await headOf()).epoch);
      return newest;
    },
    arrived: (room, entry) => {
      const held = rooms.get(room);
      if (held === undefined) arrivedEarly.get(room)?.push(entry);
      else held.view.arrived(entry.seq, entry.json);
    },
    interrupted: () => {
      // Removals are told on the same channel.
      for (const { view } of rooms.values()) view.forgetRecent();
      compareSoon('entries');
    },
    wentBack: () => compareSoon('entries'),
    sweep: () => {
      const now = performance.now();
      for (const [room, held] of rooms) {
        if (held.view.members.size > 0 || held.entering > 0) {
          held.emptySince = undefined;
        } else if (now - (held.emptySince ??= now) >= lingerMs) {
          rooms.delete(room);
          log.unfollow(room);
        }
      }
      if ((wanted !== 'nothing' || now >= nextCompareAt) && log.up()) compareSoon('heads');
    },
  };
}

function standOf(view: RoomView): LogHead {
  return { epoch: view.epoch(), head: view.last() };
}
