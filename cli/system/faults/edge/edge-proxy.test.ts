import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { freePorts } from '../../ports.ts';
import { waitUntil } from '../../testing/wait-until.ts';
import { createEdgeProxy } from './edge-proxy.ts';

const host = '127.0.0.1';

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => void socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen({ host, port }, resolve));
  onTestFinished(() => void server.close());
  return server;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

test('a port that somebody took while the target was down is had again once it is free', async () => {
  const [port = 0, targetPort = 0] = await freePorts({ random: Math.random }, host, 2);
  const problems: string[] = [];
  const edge = { name: 'nginx-ws-1', from: 'nginx', to: 'ws-1', port, targetPort };
  const proxy = createEdgeProxy(host, edge, (problem) => problems.push(problem));
  onTestFinished(() => proxy.close());
  const target = await listen(targetPort);
  await proxy.open();
  await close(target);
  // Who dials learns that nobody is there; so does the proxy, and stops to listen.
  connect({ host, port }).on('error', () => {});
  await waitUntil(() => !proxy.status().listening);
  const thief = await listen(port);
  await listen(targetPort);
  await waitUntil(() => problems.length > 0);
  expect(problems).toEqual([expect.stringMatching(/^nginx-ws-1: .*EADDRINUSE/)]);
  await close(thief);
  await waitUntil(() => proxy.status().listening);
});
