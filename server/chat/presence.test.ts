/** Who is there, over two nodes, and after one of them is killed. */
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { event, path, type PresenceAck } from '../contract.ts';
import { connect, type TestClient } from '../testing/client.ts';
import { startNode } from '../testing/node.ts';
import { startProcess } from '../testing/process-node.ts';
import { startRedis } from '../testing/redis.ts';

async function inRoom(url: string, users: readonly string[]): Promise<readonly TestClient[]> {
  const clients = await Promise.all(users.map((user) => connect(url, user)));
  await Promise.all(clients.map((client) => client.join('r')));
  return clients;
}

const get = async (url: string): Promise<unknown> => (await fetch(url)).json();
const membersAt = async (url: string): Promise<number> =>
  ((await get(`${url}${path.rooms}/r`)) as { members: number }).members;
const asked = async (client: TestClient): Promise<PresenceAck> =>
  client.ask<PresenceAck>(event.presence, { room: 'r' });

describe('presence', () => {
  test('counts members and sessions over all nodes, as they come and go', async () => {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url };
    const one = await startNode({ ...env, RTOPS_NODE: 'ws-1' });
    const two = await startNode({ ...env, RTOPS_NODE: 'ws-2' });
    const api = await startNode({ ...env, RTOPS_NODE: 'api-1', RTOPS_ROLE: 'api' });
    const [anna] = await inRoom(one.url, ['anna', 'berta']);
    const [, dora] = await inRoom(two.url, ['carla', 'dora', 'eva']);
    await connect(two.url, 'nowhere');
    for (const url of [one.url, two.url, api.url]) {
      await expect.poll(() => membersAt(url)).toBe(5);
    }
    await expect
      .poll(() => get(api.url + path.presence))
      .toEqual({
        sessions: 6,
        nodes: [
          { node: 'ws-1', sessions: 2 },
          { node: 'ws-2', sessions: 4 },
        ],
      });
    await anna?.ask(event.leave, { room: 'r' });
    dora?.socket.disconnect();
    await expect.poll(() => membersAt(api.url)).toBe(3);
    await expect
      .poll(() => (anna === undefined ? undefined : asked(anna)))
      .toMatchObject({ members: 3 });
    expect((await fetch(`${api.url}${path.rooms}/no%20room`)).status).toBe(400);
  });

  test('a killed node is out of the counts when its share expires, and not before', async () => {
    const redis = await startRedis();
    const env = {
      REDIS_URL: redis.url,
      RTOPS_PRESENCE_REFRESH_MS: '500',
      RTOPS_PRESENCE_TTL_MS: '2500',
    };
    const killed = await startProcess({ ...env, RTOPS_NODE: 'ws-1' });
    const left = await startNode({ ...env, RTOPS_NODE: 'ws-2' });
    await inRoom(killed.url, ['anna', 'berta']);
    await inRoom(left.url, ['carla']);
    await expect.poll(() => membersAt(left.url)).toBe(3);
    killed.child.kill('SIGKILL');
    expect(await membersAt(left.url)).toBe(3);
    await expect.poll(() => membersAt(left.url)).toBe(1);
    expect(await get(left.url + path.presence)).toMatchObject({ sessions: 1 });
  });

  test('one that starts again under its name is counted anew at once', async () => {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url, RTOPS_NODE: 'ws-1' };
    const killed = await startProcess(env);
    const other = await startNode({ ...env, RTOPS_NODE: 'ws-2' });
    await inRoom(killed.url, ['anna', 'berta']);
    await expect.poll(() => membersAt(other.url)).toBe(2);
    killed.child.kill('SIGKILL');
    await startProcess(env);
    await expect.poll(() => membersAt(other.url)).toBe(0);
  });

  test('a Redis that forgot is told again', async () => {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url, RTOPS_PRESENCE_REFRESH_MS: '500' };
    const one = await startNode({ ...env, RTOPS_NODE: 'ws-1' });
    const two = await startNode({ ...env, RTOPS_NODE: 'ws-2' });
    await inRoom(one.url, ['anna']);
    await expect.poll(() => membersAt(two.url)).toBe(1);
    const control = new Redis(redis.url);
    onTestFinished(() => control.disconnect());
    await control.del('rtops:{here}:ws-1', 'rtops:nodes');
    expect(await membersAt(two.url)).toBe(0);
    await expect.poll(() => membersAt(two.url)).toBe(1);
  });

  test('without Redis a node counts its own', async () => {
    const node = await startNode();
    const [anna] = await inRoom(node.url, ['anna', 'berta']);
    expect(await membersAt(node.url)).toBe(2);
    anna?.socket.disconnect();
    await expect.poll(() => membersAt(node.url)).toBe(1);
    expect(await get(node.url + path.presence)).toMatchObject({ sessions: 1 });
  });

  test('who leaves and comes back in one breath, and again, is there once, and gone when it goes', async () => {
    const node = await startNode();
    const [anna] = await inRoom(node.url, ['anna', 'berta']);
    await Promise.all([
      anna?.ask(event.leave, { room: 'r' }),
      anna?.join('r'),
      anna?.ask(event.leave, { room: 'r' }),
      anna?.join('r'),
    ]);
    expect(await membersAt(node.url)).toBe(2);
    anna?.socket.disconnect();
    await expect.poll(() => membersAt(node.url)).toBe(1);
  });
});
