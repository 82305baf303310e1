/**
 * A chat client that loses nothing it was promised: copy this folder (and `contract.ts`) and build
 * on it. What it does:
 * - a message has one id for good, is tried again with that id until it is acked or its deadline
 *   passes, and waits for the one before it in its room;
 * - after any break it tells the server, in the handshake, what it has seen, and gets the rest;
 * - the app sees each message of a room once, in order; what can no longer be had is said.
 */
import type { Socket } from 'socket.io-client';
import {
  event,
  type ChatMessage,
  type HandshakeAuth,
  type Head,
  type HistoryAck,
  type JoinAck,
  type Resumed,
} from '../contract.ts';
import { connection } from './connection.ts';
import { outbox, retryable, retryMs, SendFailed, type Sent } from './outbox.ts';
import { roomFeed, type RoomFeed } from './room-feed.ts';
import { jittered, sleep } from './wait.ts';

export type ResumeClientOptions = {
  /** `https://chat.example`; the namespace is added. */
  readonly url: string;
  /** An access token, asked for at every connection: it may have expired meanwhile. */
  readonly token: () => string | Promise<string>;
  /** Every message of the joined rooms, once, in order of seq. */
  readonly onMessage: (message: ChatMessage) => void;
  /** Messages `from` to `to` of the room are no longer in the server's log. */
  readonly onGone?: (room: string, from: number, to: number) => void;
  /** The log began anew: forget what is on screen, the newest messages follow from seq `from`. */
  readonly onReset?: (room: string, from: number) => void;
  /** `up`: in all rooms, with nothing missing but what is on its way. */
  readonly onState?: (state: 'up' | 'down', why: string) => void;
  /** How long `send` goes on trying. Default 60 s. */
  readonly sendWithinMs?: number;
  /** A healthy node answers within 2 s, if only with "try again"; after this it is left. 5 s. */
  readonly answerWithinMs?: number;
  /** Mean wait before the first reconnection, ± 50 %. Default 500 ms, doubled up to 5 s. */
  readonly reconnectAfterMs?: number;
  /** How many of the newest messages a reset brings. Default 1000. */
  readonly resetTo?: number;
  readonly transports?: readonly ('websocket' | 'polling')[];
};

export type ResumeClient = {
  /** Resolves once the room is joined; it stays joined over all reconnections. */
  join(room: string): Promise<void>;
  leave(room: string): void;
  /**
   * Resolves when stored. Rejects with {@link SendFailed}, whose `id` may be kept with the message:
   * sent again with it, after a reload too, it is stored once.
   */
  send(room: string, body: string, id?: string): Promise<Sent>;
  /** Below it all; for events of your own. */
  readonly socket: Socket;
  close(): void;
};

type Room = {
  readonly feed: RoomFeed;
  joined: boolean;
  /** Its seqs are of an epoch that is over; a new start is under way. */
  stale: boolean;
  entry: Promise<void>;
};

export function resumeClient(options: ResumeClientOptions): ResumeClient {
  /** Makes ids that no other client has, nor this one after a reload. */
  const idPrefix = crypto.randomUUID();
  const rooms = new Map<string, Room>();
  let epoch = '';
  let resuming = false;
  let sends = 0;

  const handshake = async (): Promise<HandshakeAuth> => {
    const token = await options.token();
    const seen = [...rooms].filter(([, room]) => room.joined);
    resuming = seen.length > 0;
    if (!resuming) return { token };
    // No epoch is "": a room whose new start was cut short must not go on in the wrong numbering.
    const known = seen.some(([, room]) => room.stale) ? '' : epoch;
    return {
      token,
      resume: {
        epoch: known,
        rooms: Object.fromEntries(seen.map(([name, r]) => [name, r.feed.last()])),
      },
    };
  };

  const line = connection({
    url: options.url,
    transports: options.transports ?? ['websocket'],
    answerWithinMs: options.answerWithinMs ?? 5000,
    reconnectAfterMs: options.reconnectAfterMs ?? 500,
    handshake,
    onDown: (why) => {
      for (const { feed } of rooms.values()) feed.hold();
      options.onState?.('down', why);
    },
  });
  const { socket } = line;

  /** The log is another one: every room starts again near its head. */
  const enterEpoch = (current: string): void => {
    const first = epoch === '';
    epoch = current;
    if (first) return;
    for (const [name, room] of rooms) if (room.joined) void startAgain(name, room);
  };

  const startAgain = async (name: string, room: Room): Promise<void> => {
    const asked = epoch;
    room.stale = true;
    room.feed.hold();
    const page = await fetchPage(name, Number.MAX_SAFE_INTEGER, 1);
    if (page === undefined || rooms.get(name) !== room) return;
    if (page.epoch !== epoch) {
      if (epoch === asked) enterEpoch(page.epoch);
      return;
    }
    const from = Math.max(0, page.head - (options.resetTo ?? 1000));
    options.onReset?.(name, from + 1);
    room.stale = false;
    room.feed.startAt(from);
    room.feed.reach(page.head);
  };

  const fetchPage = async (
    room: string,
    after: number,
    limit: number,
  ): Promise<Exclude<HistoryAck, { ok: false }> | undefined> => {
    while (socket.connected && rooms.has(room)) {
      const page = await line.ask<HistoryAck>(event.history, { room, after, limit });
      if (page === undefined || page.ok) return page;
      await sleep(jittered(page.retryAfterMs ?? retryMs));
    }
    return undefined;
  };

  const joinNow = async (name: string, room: Room): Promise<boolean> => {
    while (socket.connected && rooms.get(name) === room) {
      const ack = await line.ask<JoinAck>(event.join, { room: name });
      if (ack === undefined) return false;
      if (ack.ok) {
        if (ack.epoch !== epoch) enterEpoch(ack.epoch);
        room.joined = true;
        room.feed.startAt(ack.seq);
        line.wake();
        return true;
      }
      if (!retryable.has(ack.code)) throw new Error(`join of ${name} refused: ${ack.code}`);
      await sleep(jittered(ack.retryAfterMs ?? retryMs));
    }
    return false;
  };

  const enter = async (name: string, room: Room): Promise<void> => {
    try {
      while (!line.isClosed() && rooms.get(name) === room) {
        if (line.isUp() && (await joinNow(name, room))) return;
        await line.untilUp(1000);
      }
    } catch (error) {
      if (rooms.get(name) === room) rooms.delete(name);
      throw error;
    }
    throw new Error(`left ${name} before it was joined`);
  };

  const isUp = (): void => {
    options.onState?.('up', socket.id ?? '');
    line.nowUp();
  };

  socket.on('connect', () => {
    if (!resuming) isUp();
  });
  socket.on(event.resumed, (resumed: Resumed) => {
    const sameEpoch = resumed.epoch === epoch;
    epoch = resumed.epoch;
    for (const [name, room] of rooms) {
      const told = resumed.rooms[name];
      if (told === undefined) continue;
      // A head below what was seen: the log lost its end, and other messages may stand there by now.
      if (!sameEpoch || room.stale || told.seq < room.feed.last()) {
        void startAgain(name, room);
        continue;
      }
      room.feed.release();
      room.feed.reach(told.seq);
    }
    for (const name of Object.keys(resumed.rooms)) {
      // Left while this connection was on its way.
      if (!rooms.has(name)) void line.ask(event.leave, { room: name });
    }
    isUp();
  });
  socket.on(event.message, (message: ChatMessage) => {
    rooms.get(message.room)?.feed.receive(message);
  });
  socket.on(event.head, (head: Head) => {
    if (head.epoch !== epoch) enterEpoch(head.epoch);
    else rooms.get(head.room)?.feed.reach(head.seq);
  });

  const out = outbox({
    ask: (request) => line.ask(event.send, request),
    isIn: (room) => line.isUp() && rooms.get(room)?.joined === true,
    untilUp: line.untilUp,
    isClosed: line.isClosed,
    withinMs: options.sendWithinMs ?? 60_000,
  });

  return {
    socket,
    join: (name) => {
      const known = rooms.get(name);
      if (known !== undefined) return known.entry;
      const room: Room = {
        joined: false,
        stale: false,
        entry: Promise.resolve(),
        feed: roomFeed({
          fetch: (after, limit) => fetchPage(name, after, limit),
          show: options.onMessage,
          gone: (from, to) => options.onGone?.(name, from, to),
          agrees: (page, last) => {
            if (page.epoch !== epoch) enterEpoch(page.epoch);
            else if (page.head < last) void startAgain(name, room);
            else return true;
            return false;
          },
        }),
      };
      rooms.set(name, room);
      room.entry = enter(name, room);
      return room.entry;
    },
    leave: (name) => {
      // Nothing that is still being fetched for it is shown.
      rooms.get(name)?.feed.hold();
      rooms.delete(name);
      void line.ask(event.leave, { room: name });
    },
    send: (room, body, id = `${idPrefix}-${(sends += 1)}`) =>
      rooms.has(room)
        ? out.send({ id, room, body })
        : Promise.reject(new SendFailed('refused', id, 'not joined')),
    close: line.close,
  };
}
