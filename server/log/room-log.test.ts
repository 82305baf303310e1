/** One contract, two logs. */
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ChatMessage } from '../contract.ts';
import { channelClient, readyWithin, requestClient } from '../redis/clients.ts';
import { patience } from '../redis/patience.ts';
import { pulse } from '../redis/pulse.ts';
import { startRedis } from '../testing/redis.ts';
import { memoryLog } from './memory-log.ts';
import { redisLog } from './redis-log.ts';
import type { LogListener, NewMessage, RoomLog } from './room-log.ts';

const logger = pino({ level: 'silent' });

async function inRedis(keep: number): Promise<RoomLog> {
  const redis = await startRedis();
  const requests = requestClient(redis.url, 'requests', logger);
  const channels = channelClient(redis.url, 'channels', logger);
  await Promise.all([readyWithin(requests, 5000), readyWithin(channels, 5000)]);
  const waits = patience(() => {});
  const heart = pulse(requests, waits, 'ws-1');
  const log = await redisLog({
    ...{ requests, channels, pulse: heart, waits, keep, logger },
    arrived: () => {},
  });
  onTestFinished(async () => {
    heart.close();
    waits.close();
    await log.close();
    requests.disconnect();
  });
  return log;
}

const message = (id: string, more: Partial<NewMessage> = {}): NewMessage => ({
  room: 'r',
  sender: 'anna',
  id,
  body: `body of ${id}`,
  ...more,
});

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

async function filled(log: RoomLog, count: number, room = 'r'): Promise<void> {
  for (const n of numbers(count)) await log.append(message(`m${n + 1}`, { room }));
}

type Told = {
  readonly messages: { room: string; seq: number; json: string }[];
  readonly removed: number[];
};

/** Collects what the log tells; `until` resolves when that many messages came. */
function listening(log: RoomLog): Told & { until(count: number): Promise<void> } {
  const told: Told = { messages: [], removed: [] };
  let look = (): void => {};
  const listener: LogListener = {
    message: (room, seq, json) => {
      told.messages.push({ room, seq, json });
      look();
    },
    removed: (_room, seq) => {
      told.removed.push(seq);
      look();
    },
    interrupted: () => {},
  };
  log.listen(listener);
  return {
    ...told,
    until: (count) =>
      new Promise((resolve) => {
        look = () => {
          if (told.messages.length + told.removed.length >= count) resolve();
        };
        look();
      }),
  };
}

describe.each([
  ['in memory', async (keep: number) => memoryLog(keep)],
  ['in Redis', inRedis],
])('a log %s', (_name, make) => {
  test('gives each message of a room the next seq, from 1', async () => {
    const log = await make(100);
    await filled(log, 3);
    await log.append(message('other', { room: 'q' }));
    const { heads } = await log.heads(['r', 'q', 'nobody']);
    expect(heads).toEqual([3, 1, 0]);
  });

  test('returns what was stored, byte for byte', async () => {
    const log = await make(100);
    const body = '"},{"seq":9,\\ \u2028 héé 🎉 </script> {r}';
    const stored = await log.append(message('1', { body, sender: 'a"b:c', room: 'x.y:z-1_' }));
    const { entries, head } = await log.read('x.y:z-1_', 0, 10);
    expect(head).toBe(1);
    expect(entries.map((entry) => JSON.parse(entry.json) as ChatMessage)).toEqual([
      { room: 'x.y:z-1_', seq: 1, id: '1', sender: 'a"b:c', body, at: stored.at },
    ]);
  });

  test('stores a message once, however often it is tried', async () => {
    const log = await make(100);
    const first = await log.append(message('1'));
    await log.append(message('2'));
    const again = await Promise.all([log.append(message('1')), log.append(message('1'))]);
    expect(first.duplicate).toBe(false);
    for (const stored of again) expect(stored).toEqual({ ...first, duplicate: true });
    expect((await log.heads(['r'])).heads).toEqual([2]);
    expect(await log.find(message('1'))).toMatchObject({ seq: 1 });
    expect(await log.find(message('3'))).toBeUndefined();
  });

  test('takes the same id from another sender, or in another room, as another message', async () => {
    const log = await make(100);
    await log.append(message('1'));
    const stored = [
      await log.append(message('1', { sender: 'berta' })),
      await log.append(message('1', { room: 'q' })),
      // Nor can a sender's name and an id be cut in two other ways.
      await log.append(message('b:1', { sender: 'a' })),
      await log.append(message('1', { sender: 'a:b' })),
    ];
    expect(stored.map(({ duplicate }) => duplicate)).toEqual([false, false, false, false]);
  });

  test('reads pages in order, from any seq', async () => {
    const log = await make(100);
    await filled(log, 12);
    const seqs = async (after: number, limit: number): Promise<readonly number[]> =>
      (await log.read('r', after, limit)).entries.map((entry) => entry.seq);
    expect(await seqs(0, 3)).toEqual([1, 2, 3]);
    expect(await seqs(9, 100)).toEqual([10, 11, 12]);
    expect(await seqs(12, 100)).toEqual([]);
    expect(await seqs(50, 100)).toEqual([]);
    expect((await log.read('nobody', 0, 10)).entries).toEqual([]);
  });

  test('keeps at least what it should, and trims what is older', async () => {
    const log = await make(20);
    await filled(log, 500);
    const { entries, head } = await log.read('r', 0, 1000);
    expect(head).toBe(500);
    expect(entries.length).toBeGreaterThanOrEqual(20);
    expect(entries.length).toBeLessThan(400);
    expect(entries.at(-1)?.seq).toBe(500);
  });

  test('tells followers every message, and nobody else', async () => {
    const log = await make(100);
    const told = listening(log);
    await log.follow('r');
    await log.append(message('elsewhere', { room: 'q' }));
    await filled(log, 3);
    await log.append(message('m1'));
    await told.until(3);
    expect(told.messages.map(({ room, seq }) => [room, seq])).toEqual([
      ['r', 1],
      ['r', 2],
      ['r', 3],
    ]);
    const { entries } = await log.read('r', 0, 10);
    expect(told.messages.map(({ json }) => json)).toEqual(entries.map(({ json }) => json));
  });

  test('removes a body for good, keeps the seq, and tells', async () => {
    const log = await make(100);
    await filled(log, 3);
    const told = listening(log);
    await log.follow('r');
    expect(await log.remove('r', 2)).toBe(true);
    expect(await log.remove('r', 9)).toBe(false);
    await told.until(1);
    expect(told.removed).toEqual([2]);
    const { entries } = await log.read('r', 0, 10);
    expect(entries.map(({ seq, json }) => [seq, (JSON.parse(json) as ChatMessage).body])).toEqual([
      [1, 'body of m1'],
      [2, ''],
      [3, 'body of m3'],
    ]);
    expect((await log.read('r', 0, 2)).entries.map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await log.read('r', 1, 1)).entries.map(({ seq }) => seq)).toEqual([2]);
  });

  test('has one epoch, which ends once for all who saw it end', async () => {
    const log = await make(100);
    const { epoch } = await log.heads([]);
    expect((await log.read('r', 0, 1)).epoch).toBe(epoch);
    const [one, two] = await Promise.all([log.renewEpoch(epoch), log.renewEpoch(epoch)]);
    expect(one).not.toBe(epoch);
    expect(two).toBe(one);
    expect((await log.heads([])).epoch).toBe(one);
  });

  test('lists followed rooms', async () => {
    const log = await make(100);
    await log.follow('r');
    await log.follow('q');
    await expect.poll(() => log.rooms(10)).toHaveLength(2);
    expect(await log.rooms(1)).toHaveLength(1);
  });
});
