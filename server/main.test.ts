/** The server as it is run: its own process, environment, signals and exit codes. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { event, path, type Draining } from './contract.ts';
import { connect } from './testing/client.ts';
import { testSecret } from './testing/node.ts';
import { spawnServer, startProcess } from './testing/process-node.ts';

describe.each(['SIGTERM', 'SIGINT'] as const)('on %s', (signal) => {
  test('it tells its clients, answers what is asked, lets them come back, and exits 0', async () => {
    const { child, url } = await startProcess();
    const anna = await connect(url, 'anna', { reconnection: true });
    await anna.join('r');
    const draining = anna.next<Draining>(event.draining);
    const gone = anna.next<string>('disconnect');
    const exited = once(child, 'exit');
    child.kill(signal);
    expect((await draining).retryInMs).toBeGreaterThanOrEqual(0);
    // The reason after which socket.io-client reconnects by itself.
    expect(await gone).toBe('transport close');
    expect(anna.socket.active).toBe(true);
    anna.socket.disconnect();
    expect(await exited).toEqual([0, null]);
  });
});

test('while it drains it is not ready and takes nobody new, and acks what it took', async () => {
  const { child, url } = await startProcess();
  const clients = await Promise.all(
    Array.from({ length: 200 }, (_, n) => connect(url, `user-${n}`)),
  );
  await Promise.all(clients.map((client) => client.join('r')));
  const exited = once(child, 'exit');
  const disconnected = clients.map((client) => client.next<string>('disconnect'));
  const acks = Promise.all(clients.map((client) => client.send('r', '1')));
  child.kill('SIGTERM');
  expect((await acks).every((ack) => ack.ok)).toBe(true);
  expect(new Set(await Promise.all(disconnected))).toEqual(new Set(['transport close']));
  await expect(fetch(url + path.health)).rejects.toThrow('fetch failed');
  expect(await exited).toEqual([0, null]);
});

test('a client that never reads does not keep it from exiting in time', async () => {
  const { child, url } = await startProcess({ RTOPS_SHUTDOWN_MS: '2000' });
  await connect(url, 'anna', { transports: ['polling'] });
  const hanging = fetch(`${url}${path.socketIo}?EIO=4&transport=polling`);
  await hanging;
  const startedAt = performance.now();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - startedAt).toBeLessThan(3000);
});

test('a second signal ends it at once, with 1', async () => {
  const { child, url } = await startProcess();
  const clients = await Promise.all(
    Array.from({ length: 300 }, (_, n) => connect(url, `user-${n}`)),
  );
  const draining = clients[0]?.next(event.draining);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await draining;
  child.kill('SIGTERM');
  expect(await exited).toEqual([1, null]);
});

test.each([
  ['RTOPS_FOO', { RTOPS_JWT_SECRET: testSecret, RTOPS_FOO: '1' }],
  ['RTOPS_JWT_SECRET', {}],
])('a bad setting ends it with 2 and one line naming %s', async (key, env) => {
  const child = spawnServer(env);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(stderr).toContain(key);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a port in use ends it with 1, saying so', async () => {
  const { url } = await startProcess();
  const port = new URL(url).port;
  const child = spawnServer({ RTOPS_JWT_SECRET: testSecret, API_PORT: port });
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stdout).toContain('EADDRINUSE');
});
