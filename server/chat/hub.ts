/**
 * The rooms of this node on the message path `log`: who is in them here, and the promise that each
 * member sees every message after its join once, in order, whatever happens to the channel.
 */
import type { Logger } from 'pino';
import { event, type Head, type Resumed } from '../contract.ts';
import type { LogEntry, RoomLog } from '../log/room-log.ts';
import { askHeads } from './ask-heads.ts';
import type { ChatSocket } from './chat-socket.ts';
import type { FanOut } from './fan-out.ts';
import { isTrimmed, readHistory } from './log-page.ts';
import type { MessagePath } from './message-path.ts';
import { roomView, type RoomView } from './room-view.ts';
import type { Trace } from '../trace/trace.ts';

/** How often heads are compared with the log's: finds what the channel lost in silence. */
const compareEveryMs = 5000;
/** A room is told its head once, this long after its last message. */
const headAfterMs = 5000;
const sweepEveryMs = 500;
/** A room nobody here is in is followed this much longer, for those who come right back. */
const lingerMs = 5000;
const replayPage = 500;

export type HubDeps = {
  readonly log: RoomLog;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  readonly trace: Trace;
  /** Takes each message in place of the plain fan-out: how a lying server is made. */
  readonly show?: ((view: RoomView, entry: LogEntry) => void) | undefined;
};

export function hub({ log, fanOut, logger, trace, show }: HubDeps): MessagePath {
  const views = new Map<string, RoomView>();
  const headOf = askHeads(log);
  const opening = new Map<string, Promise<RoomView>>();
  const arrivedEarly = new Map<string, LogEntry[]>();
  /** Rooms by the time of their last message, the oldest first. */
  const quietSince = new Map<string, number>();
  const emptySince = new Map<string, number>();
  let epoch = '';
  let nextCompareAt = Date.now() + compareEveryMs;
  let comparing: Promise<void> | undefined;
  let compareAgain = false;

  const shown = (view: RoomView, entry: LogEntry): void => {
    quietSince.delete(view.room);
    quietSince.set(view.room, Date.now());
    if (show === undefined) fanOut.toAll(view.members, event.message, entry.json);
    else show(view, entry);
    trace.emitted(view.room, entry.seq, entry.json, view.members.size);
  };

  const viewOf = async (room: string): Promise<RoomView> => {
    const view = views.get(room);
    if (view !== undefined) return view;
    const begun = opening.get(room);
    if (begun !== undefined) return begun;
    const opened = open(room).finally(() => {
      opening.delete(room);
      arrivedEarly.delete(room);
    });
    opening.set(room, opened);
    return opened;
  };

  const open = async (room: string): Promise<RoomView> => {
    arrivedEarly.set(room, []);
    await log.follow(room);
    const { epoch: current, head } = await headOf(room);
    noteEpoch(current);
    const view = roomView(room, head, log, shown);
    views.set(room, view);
    emptySince.set(room, Date.now());
    for (const { seq, json } of arrivedEarly.get(room) ?? []) view.arrived(seq, json);
    return view;
  };

  /** The view, showing at least what was stored when this was called. */
  const currentView = async (room: string): Promise<RoomView> => {
    // One that is only now being opened has asked for the head after this call.
    const fresh = !views.has(room) && !opening.has(room);
    const view = await viewOf(room);
    // Whoever is on the way in keeps the room followed.
    if (view.members.size === 0) emptySince.set(room, Date.now());
    if (!fresh) {
      const before = view.last();
      const { epoch: current, head } = await headOf(room);
      noteEpoch(current);
      await matchHead(view, before, head);
    }
    return view;
  };

  /** @param before what was shown when the log was asked: later messages may have come since. */
  const matchHead = async (view: RoomView, before: number, head: number): Promise<void> => {
    if (head < before) await lostEntries(view.room, head);
    else await view.catchUp(head);
  };

  /** The log went back: what members have seen is no longer what it holds. */
  const lostEntries = async (room: string, head: number): Promise<void> => {
    logger.warn({ room, head, shown: views.get(room)?.last() }, 'the log lost entries');
    noteEpoch(await log.renewEpoch(epoch));
    const view = views.get(room);
    if (view !== undefined && head < view.last()) view.restart(head);
  };

  /** A new epoch: every room starts again at its head, and its members are told to refetch. */
  const noteEpoch = (current: string): void => {
    if (current === epoch) return;
    const first = epoch === '';
    epoch = current;
    if (first) return;
    logger.warn({ epoch }, 'a new epoch');
    restartAll().catch(() => {
      nextCompareAt = 0;
    });
  };

  const restartAll = async (): Promise<void> => {
    const all = [...views.values()];
    const { epoch: now, heads } = await log.heads(all.map((view) => view.room));
    if (now !== epoch) return noteEpoch(now);
    for (const [index, view] of all.entries()) {
      view.restart(heads[index] ?? 0);
      // A new numbering is nothing that a client can do without.
      tellHead(view, 'all');
    }
  };

  const tellHead = (view: RoomView, to: 'all' | 'the quick'): void => {
    const head: Head = { room: view.room, seq: view.last(), epoch };
    const tell = to === 'all' ? fanOut.toAll : fanOut.toTheQuick;
    tell(view.members, event.head, JSON.stringify(head));
  };

  /** Asks the log for every head. With `deeply`, also whether it still holds what was shown. */
  const compare = async (deeply: boolean): Promise<void> => {
    const all = [...views.values()];
    const before = all.map((view) => view.last());
    const { epoch: current, heads } = await log.heads(all.map((view) => view.room));
    noteEpoch(current);
    for (const [index, view] of all.entries()) {
      await matchHead(view, before[index] ?? 0, heads[index] ?? 0);
      if (deeply && !(await view.agrees())) await lostEntries(view.room, heads[index] ?? 0);
    }
  };

  const compareSoon = (deeply: boolean): void => {
    compareAgain ||= deeply;
    if (comparing !== undefined) return;
    const depth = compareAgain;
    compareAgain = false;
    comparing = compare(depth)
      .catch(() => {
        // Unanswered: the question stays open until the next sweep.
        compareAgain ||= depth;
      })
      .finally(() => {
        comparing = undefined;
        nextCompareAt = Date.now() + (compareAgain ? sweepEveryMs : compareEveryMs);
      });
  };

  const sweep = (): void => {
    const now = Date.now();
    for (const [room, since] of quietSince) {
      if (now - since < headAfterMs) break;
      quietSince.delete(room);
      const view = views.get(room);
      if (view !== undefined) tellHead(view, 'the quick');
    }
    for (const [room, since] of emptySince) {
      if (views.get(room)?.members.size !== 0) emptySince.delete(room);
      else if (now - since >= lingerMs) forget(room);
    }
    if (now >= nextCompareAt && log.up()) compareSoon(false);
  };

  const forget = (room: string): void => {
    views.delete(room);
    emptySince.delete(room);
    quietSince.delete(room);
    log.unfollow(room);
  };

  const dropMember = (
    socket: ChatSocket,
    room: string,
  ): { seq: number; epoch: string } | undefined => {
    const view = views.get(room);
    if (view?.members.delete(socket) !== true) return undefined;
    if (view.members.size === 0) emptySince.set(room, Date.now());
    return { seq: view.last(), epoch };
  };

  /** What the socket misses, then membership, with nothing between them and nothing twice. */
  const replay = async (
    socket: ChatSocket,
    room: string,
    from: number,
    sameEpoch: boolean,
  ): Promise<{ seq: number; resync?: true }> => {
    const view = await currentView(room);
    let after = from;
    let resync = !sameEpoch || from > view.last();
    while (!resync && after < view.last() && socket.connected) {
      const recent = view.recent(after);
      if (recent !== undefined) {
        for (const entry of recent) rewrite(socket, room, entry);
        after = view.last();
        break;
      }
      const page = await log.read(room, after, replayPage);
      resync = isTrimmed(page, after);
      // What the view has not shown yet will come live.
      const due = resync ? [] : page.entries.filter((entry) => entry.seq <= view.last());
      if (due.length === 0) break;
      for (const entry of due) {
        rewrite(socket, room, entry);
        after = entry.seq;
      }
    }
    admit(socket, view);
    return after === view.last() && !resync ? { seq: after } : { seq: view.last(), resync: true };
  };

  const rewrite = (socket: ChatSocket, room: string, { seq, json }: LogEntry): void => {
    fanOut.toOne(socket, event.message, json);
    trace.replayed(room, seq, json, socket.id);
  };

  const admit = (socket: ChatSocket, view: RoomView): void => {
    // The view may have been forgotten while the socket was on its way in.
    if (views.get(view.room) !== view) throw new Error(`room ${view.room} was closed meanwhile`);
    if (socket.connected) view.members.add(socket);
  };

  log.listen({
    message: (room, seq, json) => {
      trace.arrived(room, seq, json);
      const view = views.get(room);
      if (view === undefined) arrivedEarly.get(room)?.push({ seq, json });
      else view.arrived(seq, json);
    },
    removed: (room, seq) => {
      const view = views.get(room);
      if (view !== undefined) {
        view.forgetRecent();
        fanOut.toAll(view.members, event.removed, JSON.stringify({ room, seq }));
      }
    },
    interrupted: () => {
      // Removals are told on the same channel.
      for (const view of views.values()) view.forgetRecent();
      compareSoon(true);
    },
  });
  const timer = setInterval(sweep, sweepEveryMs);

  return {
    join: async (socket, room) => {
      const view = await currentView(room);
      admit(socket, view);
      return { seq: view.last(), epoch };
    },
    leave: dropMember,
    members: (room) => views.get(room)?.members.size ?? 0,
    has: (socket, room) => views.get(room)?.members.has(socket) === true,
    resume: async (socket, knownEpoch, rooms) => {
      const { epoch: current } = await headOf();
      noteEpoch(current);
      const entries = await Promise.all(
        [...rooms].map(
          async ([room, from]) =>
            [room, await replay(socket, room, from, knownEpoch === current)] as const,
        ),
      );
      const resumed: Resumed = { epoch, rooms: Object.fromEntries(entries) };
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
      if (stored.seq <= before && !stored.duplicate) compareSoon(true);
      return stored;
    },
    close: () => clearInterval(timer),
  };
}
