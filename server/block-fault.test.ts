import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { answeredBlockFault } from './block-fault.ts';

/** A node's metrics port as far as the fault goes. */
async function metricsPort(faults: boolean): Promise<string> {
  const server = createServer((request, response) => {
    if (!answeredBlockFault(request, response, faults)) response.writeHead(404).end();
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('POST /fault/block', () => {
  test('is answered, and then nothing is, for that long', async () => {
    const url = await metricsPort(true);
    const before = performance.now();
    const { status } = await fetch(`${url}/fault/block?ms=300`, { method: 'POST' });
    expect(status).toBe(202);
    await fetch(`${url}/fault/block?ms=1`, { method: 'POST' });
    expect(performance.now() - before).toBeGreaterThanOrEqual(295);
  });

  test('ends when the file of `while` is gone, long before its time', async () => {
    const url = await metricsPort(true);
    const lease = join(mkdtempSync(join(tmpdir(), 'block-')), 'lease');
    onTestFinished(() => rmSync(dirname(lease), { recursive: true, force: true }));
    writeFileSync(lease, '');
    // The loop that is kept busy is our own: another process takes the file away.
    spawn('sh', ['-c', 'sleep 0.5; rm "$0"', lease], { stdio: 'ignore' });
    const before = performance.now();
    const query = `?ms=60000&while=${encodeURIComponent(lease)}`;
    expect((await fetch(`${url}/fault/block${query}`, { method: 'POST' })).status).toBe(202);
    await fetch(url);
    const blockedMs = performance.now() - before;
    expect(blockedMs).toBeGreaterThan(300);
    expect(blockedMs).toBeLessThan(5000);
    const gone = await fetch(`${url}/fault/block${query}`, { method: 'POST' });
    expect(gone.status).toBe(400);
  });

  test.each([true, false])(
    'a target that is no URL takes nobody down, faults on: %s',
    async (faults) => {
      const url = await metricsPort(faults);
      // `fetch` would put it right.
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.end('GET // HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n');
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      expect(chunk.toString()).toMatch(/^HTTP\/1.1 404/);
      expect((await fetch(url)).status).toBe(404);
    },
  );

  test.each(['', '?ms=', '?ms=0', '?ms=-5', '?ms=1.5', '?ms=forever', '?ms=99999999999'])(
    'a time that is none is refused: %j',
    async (query) => {
      const url = await metricsPort(true);
      const answer = await fetch(`${url}/fault/block${query}`, { method: 'POST' });
      expect(answer.status).toBe(400);
    },
  );

  test.each([
    ['a node without RTOPS_FAULTS', false, 'POST', '/fault/block?ms=300'],
    ['a GET', true, 'GET', '/fault/block?ms=300'],
    ['another path', true, 'POST', '/metrics?ms=300'],
  ] as const)('%s does not block', async (_name, faults, method, path) => {
    const url = await metricsPort(faults);
    const before = performance.now();
    expect((await fetch(`${url}${path}`, { method })).status).toBe(404);
    await fetch(url);
    expect(performance.now() - before).toBeLessThan(250);
  });
});
