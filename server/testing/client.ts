/** A plain socket.io-client user, and what it has seen. */
import { io, type Socket } from 'socket.io-client';
import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import {
  chatNamespace,
  event,
  token as rules,
  type ChatMessage,
  type HistoryAck,
  type JoinAck,
  type Resumed,
  type SendAck,
} from '../contract.ts';
import { testSecret } from './node.ts';

export type TestClient = {
  readonly socket: Socket;
  readonly messages: ChatMessage[];
  join(room: string): Promise<JoinAck>;
  send(room: string, id: string, body?: string): Promise<SendAck>;
  history(room: string, after?: number, limit?: number): Promise<HistoryAck>;
  ask<Ack>(name: string, payload: unknown): Promise<Ack>;
  next<T>(name: string): Promise<T>;
  /** Resolves when that many messages have come. */
  received(count: number): Promise<readonly ChatMessage[]>;
  resumed: Promise<Resumed>;
};

export type ClientOptions = {
  readonly role?: 'USER' | 'ADMIN';
  readonly resume?: { readonly epoch: string; readonly rooms: Readonly<Record<string, number>> };
  readonly transports?: ('polling' | 'websocket')[];
  readonly reconnection?: boolean;
};

/** Connected and signed in. */
export async function connect(
  url: string,
  user: string,
  options: ClientOptions = {},
): Promise<TestClient> {
  const client = await open(url, user, options);
  await new Promise<void>((resolve, reject) => {
    client.socket.once('connect', resolve);
    client.socket.once('connect_error', reject);
  });
  return client;
}

async function open(url: string, user: string, options: ClientOptions): Promise<TestClient> {
  const token = await accessToken(user, { role: options.role ?? 'USER' });
  const socket = io(url + chatNamespace, {
    auth: { token, ...(options.resume === undefined ? {} : { resume: options.resume }) },
    transports: options.transports ?? ['websocket'],
    forceNew: true,
    reconnection: options.reconnection ?? false,
    reconnectionDelay: 50,
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  const messages: ChatMessage[] = [];
  const waiting = new Set<() => void>();
  socket.on(event.message, (message: ChatMessage) => {
    messages.push(message);
    for (const look of waiting) look();
  });
  const next = <T>(name: string): Promise<T> =>
    new Promise((resolve) => {
      socket.once(name, resolve);
    });
  const ask = <Ack>(name: string, payload: unknown): Promise<Ack> =>
    socket.timeout(8000).emitWithAck(name, payload) as Promise<Ack>;
  return {
    socket,
    messages,
    ask,
    next,
    join: (room) => ask(event.join, { room }),
    send: (room, id, body = 'hello') => ask(event.send, { room, id, body }),
    history: (room, after = 0, limit = 1000) => ask(event.history, { room, after, limit }),
    resumed: next(event.resumed),
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (messages.length < count) return;
          waiting.delete(look);
          resolve(messages);
        };
        waiting.add(look);
        look();
      }),
  };
}

export type TokenOptions = {
  readonly role?: string;
  readonly typ?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly secret?: string;
  readonly alg?: string;
  readonly expiresInSec?: number;
};

/** A good token, but for what is asked to be wrong with it. */
export async function accessToken(user: string, options: TokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ role: options.role ?? 'USER', typ: options.typ ?? 'access' })
    .setProtectedHeader({ alg: options.alg ?? 'HS256' })
    .setSubject(user)
    .setIssuer(options.issuer ?? rules.issuer)
    .setAudience(options.audience ?? rules.audience)
    .setIssuedAt(now - 10)
    .setExpirationTime(now + (options.expiresInSec ?? 600))
    .sign(new TextEncoder().encode(options.secret ?? testSecret));
}
