/** What a connection does with requests whose answers do not come. */
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { event, type SendAck } from '../contract.ts';
import { createMetrics } from '../metrics.ts';
import { createTrace } from '../trace/trace.ts';
import type { ChatSocket } from './chat-socket.ts';
import { serveConnection } from './connection.ts';
import type { MessagePath } from './message-path.ts';
import { localPresence } from './presence.ts';

/** A member of `r` whose sends reach a store that answers when it is told to, and who can go. */
function member() {
  const waiting: (() => void)[] = [];
  const pages: number[] = [];
  let isMember = true;
  const path: Partial<MessagePath> = {
    has: () => isMember,
    leave: () => {
      isMember = false;
      return undefined;
    },
    history: async (_room, after) => {
      pages.push(after);
      return { ok: true, epoch: 'e', messages: [], head: 0 };
    },
    send: () =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ seq: 1, at: 1, duplicate: false }));
      }),
  };
  const conn = Object.assign(new EventEmitter(), {
    ...{ writeBuffer: [] as object[], readyState: 'open', transport: { name: 'test' } },
  });
  const socket = Object.assign(new EventEmitter(), {
    ...{ conn, connected: true, id: 's1', request: { headers: {}, socket: {} } },
    ...{
      handshake: { auth: {} },
      data: { user: 'anna', rooms: new Map([['r', undefined]]), inFlight: 0 },
    },
  });
  const metrics = createMetrics(
    { node: 'test', role: 'ws', messagePath: 'log', redisUrl: undefined },
    { redisUp: () => undefined, draining: () => false },
  );
  serveConnection(socket as unknown as ChatSocket, {
    ...{ node: 'test', path: path as MessagePath, limiter: undefined, metrics },
    presence: localPresence('test', { members: () => 0, sessions: () => 1 }),
    trace: createTrace(pino({ level: 'silent' }), 0),
    wakeCheck: () => {},
  });
  const acks: SendAck[] = [];
  const send = (id: string): void => {
    socket.emit(event.send, { room: 'r', id, body: '' }, (ack: SendAck) => acks.push(ack));
  };
  const ask = (after: number): void => {
    socket.emit(event.history, { room: 'r', after, limit: 1 }, (ack: SendAck) => acks.push(ack));
  };
  const gone = (): void => {
    conn.readyState = 'closed';
    conn.emit('close');
    socket.connected = false;
    socket.emit('disconnect', 'transport close');
  };
  const store = (): void => waiting.splice(0).forEach((answer) => answer());
  return { acks, send, ask, gone, pages, conn, store, waiting, metrics };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('of requests without end to a store that does not answer only so many are kept', async () => {
  const { acks, send, store, waiting } = member();
  for (let n = 1; n <= 5000; n += 1) send(`m${n}`);
  await turn();
  expect(waiting).toHaveLength(4096);
  expect(acks).toHaveLength(5000 - 4096);
  expect(acks[0]).toMatchObject({ ok: false, code: 'RATE_LIMITED', retryAfterMs: 500 });
  store();
  await turn();
  expect(acks.filter(({ ok }) => ok)).toHaveLength(4096);
  // Then it is served as before.
  send('again');
  await turn();
  expect(waiting).toHaveLength(1);
});

test('pages that wait for a client to read are not fetched when it goes, which refuses it nothing', async () => {
  const { acks, ask, gone, pages, conn, metrics } = member();
  ask(0);
  await turn();
  expect(pages).toEqual([0]);
  conn.writeBuffer.push({});
  for (let after = 1; after <= 100; after += 1) ask(after);
  await turn();
  gone();
  await turn();
  expect(pages).toEqual([0]);
  expect(acks).toHaveLength(101);
  const refused = /^rtops_server_refusals_total\{code="FORBIDDEN"\} (\d+)$/m;
  expect(refused.exec(await metrics.page())?.[1]).toBe('0');
});
