/** The seam between a user and its connection: the lean one, or a real `socket.io-client`. */

import type { CookieJar } from '../cookie-jar.ts';

/** A connection as its user sees it. */
export type Channel = {
  /** Sends an event with an ack id; `payload` is JSON text. A dead connection swallows it. */
  emit(name: string, payload: string, ackId: number): void;
  /** Ends the connection by the user's will; the listener hears nothing more. */
  close(): void;
  /** Called a few times a second: closes a connection that has gone silent. */
  check(nowUs: number): void;
};

/** What a connection tells its user. Nothing comes after `refused` or `closed`. */
export type ChannelListener = {
  /** In the namespace. */
  connected(): void;
  /** Never got in; `code` is one of `errorCode`. */
  refused(code: number, text: string): void;
  /**
   * Was in and is no more. `final`: the server asked the client not to come back (a namespace
   * disconnect, after which `socket.io-client` does not reconnect either). `broken`: the server no
   * longer knew the session.
   */
  closed(text: string, how: 'lost' | 'final' | 'broken'): void;
  /** A broadcast of one of this engine's messages, straight from the wire. */
  message(
    seq: number,
    sender: number,
    room: number,
    n: number,
    dueUs: number,
    waitUs: number,
  ): void;
  /** An ack `{ok: true, seq: …}`, the common case without an object. */
  ackSeq(ackId: number, seq: number): void;
  /** Any other ack: its first argument. */
  ack(ackId: number, reply: unknown): void;
  /** Any other event: its first argument. */
  event(name: string, payload: unknown): void;
};

/** What a dial needs. `auth` is the JSON text of the handshake. */
export type Dial = {
  readonly url: URL;
  readonly localAddress: string | undefined;
  readonly auth: string;
  /** What this user's browser keeps between connections; only long polling sends and takes cookies. */
  readonly cookies: CookieJar;
};
