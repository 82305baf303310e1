import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
