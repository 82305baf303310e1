/**
 * A connection that comes back by itself: after a break, a refusal, a `disconnect()` of the server,
 * and when the node behind it is silent. Whether it is up is for its owner to say: who has missed
 * something is not up before it has it.
 */
import { io, type Socket } from 'socket.io-client';
import { chatNamespace, type HandshakeAuth } from '../contract.ts';
import { jittered } from './wait.ts';

type ConnectionOptions = {
  readonly url: string;
  readonly transports: readonly ('websocket' | 'polling')[];
  /** A node that answers nothing for this long is left. */
  readonly answerWithinMs: number;
  /** Mean wait before the first reconnection, doubled up to 5 s. */
  readonly reconnectAfterMs: number;
  /** Asked for at every connection; one that cannot be had is tried again. */
  readonly handshake: () => Promise<HandshakeAuth>;
  readonly onDown: (why: string) => void;
};

export type Connection = {
  readonly socket: Socket;
  /** The answer; `undefined` when none came: the connection is over then, or ends by this. */
  ask<Ack>(eventName: string, payload: unknown): Promise<Ack | undefined>;
  isUp(): boolean;
  /** The owner has what it missed. Not said in time, the connection is given up. */
  nowUp(): void;
  isClosed(): boolean;
  /** Resolves when it came up, was woken or closed, or after `ms`. */
  untilUp(ms: number): Promise<void>;
  /** What is waited for may have come: whoever waits looks again. */
  wake(): void;
  close(): void;
};

const maxBackoffMs = 5000;

export function connection(options: ConnectionOptions): Connection {
  const { answerWithinMs, reconnectAfterMs } = options;
  const waiting = new Set<() => void>();
  let up = false;
  let closed = false;
  let refusals = 0;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const socket = io(options.url + chatNamespace, {
    transports: [...options.transports],
    // Lets a proxy's cookie pin long polling to one node.
    withCredentials: true,
    forceNew: true,
    timeout: answerWithinMs,
    reconnectionDelay: reconnectAfterMs,
    reconnectionDelayMax: maxBackoffMs,
    randomizationFactor: 0.5,
    auth: (tell: (auth: object) => void) => {
      options.handshake().then(tell, () => socket.io.engine.close());
    },
  });

  /** The node is silent or mute: this connection ends, and a new one begins after the backoff. */
  const abandon = (): void => {
    socket.io.engine.close();
  };

  const wake = (): void => {
    for (const go of waiting) go();
  };

  const comeBack = (): void => {
    refusals += 1;
    const waitMs = Math.min(reconnectAfterMs * 2 ** (refusals - 1), maxBackoffMs);
    setTimeout(() => {
      if (!closed) socket.connect();
    }, jittered(waitMs));
  };

  socket.io.on('open', () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(abandon, 2 * answerWithinMs);
  });
  socket.on('disconnect', (reason) => {
    clearTimeout(watchdog);
    up = false;
    options.onDown(reason);
    // Socket.IO takes a server's `disconnect()` for final; here only `close()` is.
    if (reason === 'io server disconnect') comeBack();
  });
  socket.on('connect_error', (error) => {
    clearTimeout(watchdog);
    // Refused by the server (a token that expired, say): Socket.IO would not try again by itself.
    if (!socket.active) comeBack();
    options.onDown(error.message);
  });

  return {
    socket,
    ask: async (eventName, payload) => {
      if (!socket.connected) return undefined;
      const { id } = socket;
      try {
        return await socket.timeout(answerWithinMs).emitWithAck(eventName, payload);
      } catch {
        if (socket.connected && socket.id === id) abandon();
        return undefined;
      }
    },
    isUp: () => up,
    nowUp: () => {
      clearTimeout(watchdog);
      up = true;
      refusals = 0;
      wake();
    },
    isClosed: () => closed,
    untilUp: (ms) =>
      new Promise((resolve) => {
        const go = (): void => {
          clearTimeout(timer);
          waiting.delete(go);
          resolve();
        };
        const timer = setTimeout(go, ms);
        waiting.add(go);
      }),
    wake,
    close: () => {
      closed = true;
      clearTimeout(watchdog);
      socket.disconnect();
      wake();
    },
  };
}
