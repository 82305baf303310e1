/**
 * A chat client that loses nothing it was promised: copy it (with `room-feed.ts` and
 * `contract.ts`) and build on it. What it does:
 * - a message has one id for good (session key + counter), is tried again with that id until it is
 *   acked or its deadline passes, and waits for the one before it in its room;
 * - after any break it tells the server, in the handshake, what it has seen, and gets the rest;
 * - the app sees each message of a room once, in order; what can no longer be had is said.
 */
import { io, type Socket } from 'socket.io-client';
import {
  chatNamespace,
  event,
  type ChatMessage,
  type HandshakeAuth,
  type Head,
  type HistoryAck,
  type JoinAck,
  type RefusalCode,
  type Resumed,
  type SendAck,
} from '../contract.ts';
import { roomFeed, type RoomFeed } from './room-feed.ts';

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
  /** Keep it with unsent messages if they should survive a reload; else one is made. */
  readonly sessionKey?: string;
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

export type Sent = { readonly id: string; readonly seq: number; readonly at: number };

/** `refused`: not stored. `unsent`: it never left. `unknown`: it left, and no answer came. */
export class SendFailed extends Error {
  readonly kind: 'refused' | 'unsent' | 'unknown';
  readonly id: string;
  constructor(kind: SendFailed['kind'], id: string, why: string) {
    super(`message ${id} ${kind}: ${why}`);
    this.name = 'SendFailed';
    this.kind = kind;
    this.id = id;
  }
}

export type ResumeClient = {
  /** Resolves once the room is joined; it stays joined over all reconnections. */
  join(room: string): Promise<void>;
  leave(room: string): void;
  /** Resolves when stored. Rejects with {@link SendFailed}. `id`: of a message kept from before. */
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
  lastSend: Promise<unknown>;
};

const retryable: ReadonlySet<RefusalCode> = new Set(['UNAVAILABLE', 'RATE_LIMITED']);
const retryMs = 500;
const maxBackoffMs = 5000;

export function resumeClient(options: ResumeClientOptions): ResumeClient {
  const answerWithinMs = options.answerWithinMs ?? 5000;
  const sessionKey = options.sessionKey ?? crypto.randomUUID();
  const rooms = new Map<string, Room>();
  /** Woken whenever the connection comes up, and when the client is closed. */
  let wake: (() => void)[] = [];
  let epoch = '';
  let up = false;
  let closed = false;
  let sends = 0;
  let refusals = 0;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const handshake = async (): Promise<HandshakeAuth> => {
    const token = await options.token();
    const seen = [...rooms].filter(([, room]) => room.joined);
    if (seen.length === 0) return { token };
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
  let resuming = false;
  const socket = io(options.url + chatNamespace, {
    transports: [...(options.transports ?? ['websocket'])],
    // Lets a proxy's cookie pin long polling to one node.
    withCredentials: true,
    forceNew: true,
    timeout: answerWithinMs,
    reconnectionDelay: options.reconnectAfterMs ?? 500,
    reconnectionDelayMax: maxBackoffMs,
    randomizationFactor: 0.5,
    auth: (tell: (auth: object) => void) => {
      handshake().then(
        (auth) => {
          resuming = auth.resume !== undefined;
          tell(auth);
        },
        () => socket.io.engine.close(),
      );
    },
  });

  /** The node is silent or mute: this connection ends, and a new one begins after the backoff. */
  const abandon = (): void => {
    socket.io.engine.close();
  };

  const watch = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(abandon, 2 * answerWithinMs);
  };

  const ask = async <Ack>(name: string, payload: unknown): Promise<Ack | undefined> => {
    if (!socket.connected) return undefined;
    const connection = socket.id;
    try {
      return (await socket.timeout(answerWithinMs).emitWithAck(name, payload)) as Ack;
    } catch {
      if (socket.connected && socket.id === connection) abandon();
      return undefined;
    }
  };

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
      const page = await ask<HistoryAck>(event.history, { room, after, limit });
      if (page === undefined || page.ok) return page;
      await sleep(jittered(page.retryAfterMs ?? retryMs));
    }
    return undefined;
  };

  const joinNow = async (name: string, room: Room): Promise<boolean> => {
    while (socket.connected && rooms.get(name) === room) {
      const ack = await ask<JoinAck>(event.join, { room: name });
      if (ack === undefined) return false;
      if (ack.ok) {
        if (ack.epoch !== epoch) enterEpoch(ack.epoch);
        room.joined = true;
        room.feed.startAt(ack.seq);
        wakeAll();
        return true;
      }
      if (!retryable.has(ack.code)) throw new Error(`join of ${name} refused: ${ack.code}`);
      await sleep(jittered(ack.retryAfterMs ?? retryMs));
    }
    return false;
  };

  const enter = async (name: string, room: Room): Promise<void> => {
    try {
      while (!closed && rooms.get(name) === room) {
        if (up && (await joinNow(name, room))) return;
        await untilUp(1000);
      }
    } catch (error) {
      rooms.delete(name);
      throw error;
    }
    throw new Error(`left ${name} before it was joined`);
  };

  const isUp = (): void => {
    clearTimeout(watchdog);
    up = true;
    refusals = 0;
    options.onState?.('up', socket.id ?? '');
    wakeAll();
  };

  const wakeAll = (): void => {
    const waiting = wake;
    wake = [];
    for (const go of waiting) go();
  };

  socket.io.on('open', watch);
  socket.on('connect', () => {
    if (!resuming) isUp();
  });
  socket.on(event.resumed, (resumed: Resumed) => {
    const sameEpoch = resumed.epoch === epoch;
    epoch = resumed.epoch;
    for (const [name, room] of rooms) {
      const told = resumed.rooms[name];
      if (told === undefined) continue;
      if (!sameEpoch || room.stale) {
        void startAgain(name, room);
        continue;
      }
      room.feed.release();
      room.feed.reach(told.seq);
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
  socket.on('disconnect', (reason) => {
    clearTimeout(watchdog);
    up = false;
    for (const { feed } of rooms.values()) feed.hold();
    options.onState?.('down', reason);
    // Socket.IO takes a server's `disconnect()` for final; here only `close()` is.
    if (reason === 'io server disconnect') comeBack();
  });
  socket.on('connect_error', (error) => {
    clearTimeout(watchdog);
    // Refused by the server (a token that expired, say): Socket.IO would not try again by itself.
    if (!socket.active) comeBack();
    options.onState?.('down', error.message);
  });

  const comeBack = (): void => {
    refusals += 1;
    const waitMs = jittered(
      Math.min((options.reconnectAfterMs ?? 500) * 2 ** (refusals - 1), maxBackoffMs),
    );
    setTimeout(() => {
      if (!closed) socket.connect();
    }, waitMs);
  };

  /** Resolves when up, or closed, or after `ms`. */
  const untilUp = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });

  const sendNow = async (room: string, body: string, id: string, until: number): Promise<Sent> => {
    let left = false;
    for (;;) {
      const leftMs = until - Date.now();
      if (closed || leftMs <= 0) {
        throw new SendFailed(left ? 'unknown' : 'unsent', id, closed ? 'closed' : 'too late');
      }
      if (!up || rooms.get(room)?.joined !== true) {
        await untilUp(Math.min(leftMs, 1000));
        continue;
      }
      left = true;
      const ack = await ask<SendAck>(event.send, { id, room, body });
      if (ack === undefined) continue;
      if (ack.ok) return { id, seq: ack.seq, at: ack.at };
      if (!retryable.has(ack.code)) throw new SendFailed('refused', id, ack.code);
      await sleep(Math.min(jittered(ack.retryAfterMs ?? retryMs), Math.max(0, leftMs)));
    }
  };

  return {
    socket,
    join: (name) => {
      const known = rooms.get(name);
      if (known !== undefined) return known.entry;
      const room: Room = {
        joined: false,
        stale: false,
        entry: Promise.resolve(),
        lastSend: Promise.resolve(),
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
      rooms.delete(name);
      void ask(event.leave, { room: name });
    },
    send: (name, body, id = `${sessionKey}-${(sends += 1)}`) => {
      const room = rooms.get(name);
      if (room === undefined) return Promise.reject(new SendFailed('refused', id, 'not joined'));
      const until = Date.now() + (options.sendWithinMs ?? 60_000);
      // One at a time per room: a later message never overtakes one that is tried again.
      const sent = room.lastSend.then(() => sendNow(name, body, id, until));
      room.lastSend = sent.catch(() => {});
      return sent;
    },
    close: () => {
      closed = true;
      clearTimeout(watchdog);
      socket.disconnect();
      wakeAll();
    },
  };
}

function jittered(ms: number): number {
  return ms * (0.5 + Math.random());
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
