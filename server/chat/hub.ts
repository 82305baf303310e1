/**
 * The message path `log` on this node: who is in which room here, and the promise that each member
 * sees every message after its join once, in order, whatever happens to the channel.
 */
import type { Logger } from 'pino';
import { event, type Head, type Resumed } from '../contract.ts';
import type { LogEntry, RoomLog } from '../log/room-log.ts';
import type { Trace } from '../trace/trace.ts';
import { comeBack } from './come-back.ts';
import type { FanOut } from './fan-out.ts';
import { readHistory } from './log-page.ts';
import type { MessagePath } from './message-path.ts';
import { oneByOne } from './one-by-one.ts';
import type { RoomView } from './room-view.ts';
import { roomViews } from './room-views.ts';

/** A room is told its head once, this long after its last message. */
const headAfterMs = 5000;
const sweepEveryMs = 500;

export type HubDeps = {
  readonly log: RoomLog;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  readonly trace: Trace;
  /** Takes each message in place of the plain fan-out: how a lying server is made. */
  readonly show?: ((view: RoomView, entry: LogEntry) => void) | undefined;
};

export function hub({ log, fanOut, logger, trace, show }: HubDeps): MessagePath {
  /** Rooms by the time of their last message, the oldest first. */
  const quietSince = new Map<string, number>();

  const shown = (view: RoomView, entry: LogEntry): void => {
    quietSince.delete(view.room);
    quietSince.set(view.room, performance.now());
    if (show === undefined) fanOut.toAll(view.members, event.message, entry.json);
    else show(view, entry);
    trace.emitted(view.room, entry.seq, entry.json, view.members.size);
  };

  const headJson = (view: RoomView): string => {
    const head: Head = { room: view.room, seq: view.last(), epoch: view.epoch() };
    return JSON.stringify(head);
  };

  const views = roomViews({
    ...{ log, logger, shown },
    // A new numbering is nothing that a client can do without.
    restarted: (view) => fanOut.toAll(view.members, event.head, headJson(view)),
  });

  const tellQuietRooms = (): void => {
    const now = performance.now();
    for (const [room, since] of quietSince) {
      if (now - since < headAfterMs) break;
      quietSince.delete(room);
      const view = views.get(room);
      if (view !== undefined) fanOut.toTheQuick(view.members, event.head, headJson(view));
    }
  };

  log.listen({
    message: (room, seq, json) => {
      trace.arrived(room, seq, json);
      views.arrived(room, { seq, json });
    },
    removed: (room, seq) => {
      const view = views.get(room);
      if (view === undefined) return;
      view.forgetRecent();
      fanOut.toAll(view.members, event.removed, JSON.stringify({ room, seq }));
    },
    interrupted: () => views.interrupted(),
  });
  const timer = setInterval(() => {
    tellQuietRooms();
    views.sweep();
  }, sweepEveryMs);

  return {
    join: (socket, room) =>
      views.entering(room, (view) => {
        if (socket.connected) view.members.add(socket);
        return { seq: view.last(), epoch: view.epoch() };
      }),
    leave: (socket, room) => {
      const view = views.get(room);
      if (view?.members.delete(socket) !== true) return undefined;
      return { seq: view.last(), epoch: view.epoch() };
    },
    members: (room) => views.get(room)?.members.size ?? 0,
    has: (socket, room) => views.get(room)?.members.has(socket) === true,
    resume: async (socket, known, rooms) => {
      const paging = oneByOne();
      const returned = await Promise.all(
        [...rooms].map(([room, seq]) =>
          views.entering(room, async (view) => {
            const rewrite = (entry: LogEntry): void => {
              fanOut.toOne(socket, event.message, entry.json);
              trace.replayed(room, entry.seq, entry.json, socket.id);
            };
            const seen = { epoch: known, seq };
            return { room, ...(await comeBack({ socket, view, seen, log, paging, rewrite })) };
          }),
        ),
      );
      const epoch = await views.epoch();
      const resumed: Resumed = {
        epoch,
        rooms: Object.fromEntries(
          returned.map(({ room, seq, isWhole }) => [
            room,
            // An epoch that ended after the replay took its seqs with it.
            isWhole && epoch === known ? { seq } : { seq, resync: true },
          ]),
        ),
      };
      socket.emit(event.resumed, resumed);
    },
    history: (room, after, limit) => readHistory(log, room, after, limit),
    find: (message) => log.find(message),
    remove: async (room, seq) => {
      const removed = await log.remove(room, seq);
      views.get(room)?.forgetRecent();
      return removed;
    },
    send: async (message) => {
      const before = views.get(message.room)?.last() ?? 0;
      const stored = await log.append(message);
      // A new message below what was already shown then: the log went back.
      if (stored.seq <= before && !stored.duplicate) views.wentBack();
      return stored;
    },
    close: () => clearInterval(timer),
  };
}
