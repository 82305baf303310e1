import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { freePorts, portOwner, portProblem } from './ports.ts';

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

test('a port in use is told, with the program that has it and none of its arguments, which may be secrets', async () => {
  const server = `require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', server, '--', '--token=hush']);
  onTestFinished(() => void child.kill());
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  expect(await portProblem('127.0.0.1', port)).toBe('EADDRINUSE');
  expect(portOwner(port)).toBe(`pid ${child.pid} (${basename(realpathSync(process.execPath))})`);
});

test('nobody owns a free port', async () => {
  const [port = 0] = await freePorts({ random: () => 0.5 }, '127.0.0.1', 1);
  expect(portOwner(port)).toBeUndefined();
});

test.each([0, -1, 65_536, 99_999, 1.5, Number.NaN])('%s is no port to listen on', async (port) => {
  expect(await portProblem('127.0.0.1', port)).toBe('not a port');
});
