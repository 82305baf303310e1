import { expect, test } from 'vitest';
import { event } from './contract.ts';
import { connect } from './testing/client.ts';
import { startNode } from './testing/node.ts';
import { startProcess } from './testing/process-node.ts';
import { rawClient } from './testing/raw-client.ts';
import { startRedis } from './testing/redis.ts';

/** How the clients of a node that got `signal` were thrown off: when, and told before or not. */
async function thrownOff(count: number, signal: 'SIGTERM' | 'SIGKILL') {
  const { child, url } = await startProcess();
  const clients = await Promise.all(
    Array.from({ length: count }, (_, n) => connect(url, `user-${n}`)),
  );
  let told = 0;
  const goneAtMs: number[] = [];
  const toldBefore: number[] = [];
  const all = clients.map((client) => {
    client.socket.once(event.draining, () => (told += 1));
    return client.next('disconnect').then(() => {
      goneAtMs.push(performance.now());
      toldBefore.push(told);
    });
  });
  child.kill(signal);
  await Promise.all(all);
  const spanMs = Math.max(...goneAtMs) - Math.min(...goneAtMs);
  return { told, toldBeforeTheFirst: toldBefore[0], spanMs };
}

test('a draining node tells all its clients first, and closes them spread over time', async () => {
  const { told, toldBeforeTheFirst, spanMs } = await thrownOff(300, 'SIGTERM');
  expect(told).toBe(300);
  expect(toldBeforeTheFirst).toBeGreaterThan(250);
  // 1,000 a second: 300 of them take 0.3 s, in batches.
  expect(spanMs).toBeGreaterThan(150);
  expect(spanMs).toBeLessThan(3000);
});

test('a killed one does neither', async () => {
  const { told } = await thrownOff(50, 'SIGKILL');
  expect(told).toBe(0);
});

test('one that signs in while the node drains is told and closed too, and nobody waits for it', async () => {
  const redis = await startRedis();
  const node = await startNode({ REDIS_URL: redis.url, RTOPS_SHUTDOWN_MS: '10000' });
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  const late = await rawClient(node.port);
  const told = anna.next(event.draining);
  // Its answer keeps the node until Redis has it.
  redis.pause();
  const sent = anna.send('r', '1');
  await anna.ask(event.whoami, undefined);
  const startedAt = performance.now();
  const down = node.drain();
  await told;
  const toldToo = late.heard(event.draining);
  await late.signIn('late');
  redis.unpause();
  await toldToo;
  expect(await sent).toMatchObject({ ok: true });
  await down;
  // Of its 10 s it would wait for 8 before it closes the rest by force, and then for this client's
  // answer to the close frame, which never comes.
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('what a client had sent when the draining began is read and answered, not thrown away', async () => {
  const node = await startNode();
  const clients = await Promise.all(['anna', 'berta'].map((name) => connect(node.url, name)));
  await Promise.all(clients.map((client) => client.join('r')));
  // In the same turn: it lies in the kernel and was not read yet.
  const acks = clients.map((client) => client.send('r', '1'));
  const down = node.drain();
  expect(await Promise.all(acks)).toMatchObject([{ ok: true }, { ok: true }]);
  await down;
});
