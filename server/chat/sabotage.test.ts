/** Each lie is plain to see for a plain client; an honest server tells none of them. */
import { describe, expect, test } from 'vitest';
import type { ChatMessage } from '../contract.ts';
import { connect, type TestClient } from '../testing/client.ts';
import { startNode, type TestNode } from '../testing/node.ts';

const sent = 1500;

type Seen = { readonly node: TestNode; readonly seqs: readonly (readonly number[])[] };

/** What two members of a room saw of 1,500 messages. */
async function run(env: Readonly<Record<string, string>>): Promise<Seen> {
  const node = await startNode(env);
  const clients = [await connect(node.url, 'anna'), await connect(node.url, 'berta')];
  await Promise.all(clients.map((client) => client.join('r')));
  for (let n = 0; n < sent; n += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => `m${n + i}`);
    await Promise.all(batch.map((id) => clients[0]?.send('r', id)));
  }
  // The last message of all: what comes before it on a connection has come.
  await clients[0]?.send('r', 'last');
  await Promise.all(clients.map((client) => seen(client, 'last')));
  return { node, seqs: clients.map(({ messages }) => messages.map(({ seq }) => seq)) };
}

async function seen(client: TestClient, id: string): Promise<void> {
  await expect.poll(() => client.messages.some((message) => message.id === id)).toBe(true);
}

const repeats = (seqs: readonly number[]): number => seqs.length - new Set(seqs).size;
const missing = (seqs: readonly number[]): number => sent + 1 - new Set(seqs).size;
const steps = (seqs: readonly number[]): number =>
  seqs.filter((seq, i) => i > 0 && seq < (seqs[i - 1] ?? 0)).length;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('over about 3,000 deliveries', () => {
  test.each([
    ['an honest server', {}, [0, 0, 0]],
    ['one that drops', { RTOPS_SABOTAGE: 'drop' }, [3, 0, 0]],
    ['one that doubles', { RTOPS_SABOTAGE: 'double' }, [0, 3, 0]],
    ['one that swaps', { RTOPS_SABOTAGE: 'swap' }, [0, 0, 3]],
  ])('%s: missing, repeated, out of order', async (_name, env, expected) => {
    const { seqs } = await run(env);
    const counted = [missing, repeats, steps].map((count) => sum(seqs.map(count)));
    expect(counted).toEqual(expected);
  });
});

test('one that acks before it stores has nothing in its log when the ack comes', async () => {
  const node = await startNode({ RTOPS_SABOTAGE: 'ack-before-store' });
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  const ack = await anna.send('r', '1');
  expect(ack).toMatchObject({ ok: true, seq: 1 });
  expect(await anna.history('r')).toMatchObject({ head: 0 });
  const [message] = (await anna.received(1)) as [ChatMessage];
  expect(message.seq).toBe(1);
});

test('one that stores twice has one id under two seqs, in its log and for every member', async () => {
  const node = await startNode({ RTOPS_SABOTAGE: 'store-twice' });
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  for (let n = 1; n <= 100; n += 1) await anna.send('r', `m${n}`);
  const got = await anna.received(101);
  expect(got.slice(-2)).toMatchObject([
    { id: 'm100', seq: 100, sender: 'anna' },
    { id: 'm100', seq: 101, sender: 'anna' },
  ]);
  expect(await anna.history('r')).toMatchObject({ head: 101 });
});
