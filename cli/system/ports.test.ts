import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { freePorts, portOwner, portProblem } from './ports.ts';

async function listen(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('free ports differ, can be listened on, and are none that the kernel gives to clients', async () => {
  const world = { random: () => 0.999 };
  const ports = await freePorts(world, '127.0.0.1', 12);
  expect(new Set(ports).size).toBe(12);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_000);
    expect(await portProblem('127.0.0.1', port)).toBeUndefined();
  }
  const others = await freePorts(world, '127.0.0.1', 12, ports);
  expect(others.filter((port) => ports.includes(port))).toEqual([]);
});

test('a port in use is told, with who has it', async () => {
  const port = await listen();
  expect(await portProblem('127.0.0.1', port)).toBe('EADDRINUSE');
  expect(portOwner(port)).toMatch(new RegExp(`^pid ${process.pid} \\(.+\\)$`));
});

test('nobody owns a free port', async () => {
  const [port = 0] = await freePorts({ random: () => 0.5 }, '127.0.0.1', 1);
  expect(portOwner(port)).toBeUndefined();
});

test.each([0, -1, 65_536, 99_999, 1.5, Number.NaN])('%s is no port to listen on', async (port) => {
  expect(await portProblem('127.0.0.1', port)).toBe('not a port');
});
