import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import { followLogs } from './follow-logs.ts';
import { followFromEnd } from './log-follower.ts';
import {
  lastLines,
  loggedServices,
  readFrom,
  rotateLog,
  serviceLog,
  sizeOf,
  trimLog,
} from './service-log.ts';
import { onFullDisk } from './testing/full-disk.ts';
import { testWorld } from './testing/test-world.ts';
import { waitUntil } from './testing/wait-until.ts';

function newLog(text: string): string {
  const file = join(testWorld().cwd, 'ws-1.log');
  writeFileSync(file, text);
  return file;
}

describe('the last lines', () => {
  test('of this start only', () => {
    const file = newLog('old\n');
    const from = sizeOf(file);
    appendFileSync(file, 'a\nb\nc');
    expect(lastLines(file, 2, from)).toEqual(['b', 'c']);
    expect(lastLines(file, 9, from)).toEqual(['a', 'b', 'c']);
  });

  test('of a long file are whole lines', () => {
    const line = `${'x'.repeat(99)}\n`;
    const lines = lastLines(newLog(line.repeat(10_000)), 100_000);
    expect(new Set(lines)).toEqual(new Set(['x'.repeat(99)]));
    expect(lines.length).toBeGreaterThan(1000);
  });

  test('of no file are none', () => {
    expect(lastLines('/nowhere/ws-1.log', 5)).toEqual([]);
  });
});

test('a large log is put aside when its system starts, a small one is not', () => {
  const small = newLog('a\n');
  expect(rotateLog(small)).toBe(2);
  const large = newLog('x'.repeat(8 * 1024 * 1024 + 1));
  expect(rotateLog(large)).toBe(0);
  expect(sizeOf(`${large}.1`)).toBe(8 * 1024 * 1024 + 1);
  expect(sizeOf(large)).toBe(0);
});

test('a log that grows too large is emptied under its writer, who goes on at its new end', () => {
  const file = newLog('');
  const writer = openSync(file, 'a');
  writeSync(writer, 'one\n');
  trimLog(file, 4);
  expect(sizeOf(file)).toBe(4);
  writeSync(writer, 'two\n');
  trimLog(file, 4);
  writeSync(writer, 'three\n');
  closeSync(writer);
  expect(readFrom(file, 0).text).toBe('three\n');
  expect(readFrom(`${file}.1`, 0).text).toBe('one\ntwo\n');
});

test('what is written while a log is copied is copied too', () => {
  const file = newLog('one\n');
  trimLog(file, 1, (from, to) => {
    copyFileSync(from, to);
    appendFileSync(from, 'two\n');
  });
  expect(readFrom(`${file}.1`, 0).text).toBe('one\ntwo\n');
  expect(sizeOf(file)).toBe(0);
});

test('on a full disk it is emptied all the same, and half a copy is not kept', async () => {
  const file = newLog('x'.repeat(100_000));
  const module = fileURLToPath(new URL('service-log.ts', import.meta.url));
  const code = `const { trimLog } = await import(${JSON.stringify(module)});
    trimLog(${JSON.stringify(file)}, 4);`;
  const argv = ['--input-type=module', '-e', code];
  expect(await onFullDisk(dirname(file), argv, 1).ended).toEqual({ code: 0, said: '' });
  expect(sizeOf(file)).toBe(0);
  expect(existsSync(`${file}.1`)).toBe(false);
});

test('a disk that fills after the copy: what it holds are whole lines, and that more is missing is told', async () => {
  const written = Array.from({ length: 200 }, (_, n) => `line ${1000 + n}`);
  const file = newLog('line 999\n');
  const { follower } = followFromEnd(file, 0);
  appendFileSync(file, written.map((line) => `${line}\n`).join(''));
  const module = fileURLToPath(new URL('service-log.ts', import.meta.url));
  // The writer was at it while the first 30 bytes were copied.
  const code = `const { trimLog } = await import(${JSON.stringify(module)});
    const { writeFileSync } = await import('node:fs');
    trimLog(${JSON.stringify(file)}, 4, (_, to) => writeFileSync(to, 'line 999\\nline 1000\\nline 1001\\n'));`;
  const argv = ['--input-type=module', '-e', code];
  expect(await onFullDisk(dirname(file), argv, 1).ended).toEqual({ code: 0, said: '' });
  appendFileSync(file, 'line anew\n');
  const looks = [follower.next(), follower.next(), follower.next()];
  const lines = looks.flatMap((look) => look.lines);
  const copied = lines.slice(0, -1);
  expect(copied.length).toBeGreaterThan(10);
  expect(copied).toEqual(written.slice(0, copied.length));
  expect(lines.at(-1)).toBe('line anew');
  // Told once, where they are missing.
  expect(looks.map(({ mayMiss }) => mayMiss)).toEqual([false, true, false]);
});

test('following prints whole lines as they come, of a file that appears or shrinks too', async () => {
  const world = testWorld();
  const printed: string[] = [];
  const stop = new AbortController();
  writeFileSync(serviceLog(world.cwd, 'ws-1'), 'seen\n');
  const following = followLogs(world, {
    logsDir: world.cwd,
    names: () => loggedServices(world.cwd),
    followers: new Map([['ws-1', followFromEnd(serviceLog(world.cwd, 'ws-1'), 1).follower]]),
    warn: (name) => printed.push(`${name} may miss some`),
    print: (name, line) => printed.push(`${name} ${line}`),
    signal: stop.signal,
  });
  appendFileSync(serviceLog(world.cwd, 'ws-1'), 'one\ntw');
  await waitUntil(() => printed.length === 1);
  appendFileSync(serviceLog(world.cwd, 'ws-1'), 'o\n');
  writeFileSync(serviceLog(world.cwd, 'api-1'), 'here\n');
  await waitUntil(() => printed.length === 3);
  writeFileSync(serviceLog(world.cwd, 'ws-1'), 'new\n');
  await waitUntil(() => printed.length === 5);
  stop.abort();
  await following;
  expect(printed[0]).toBe('ws-1 one');
  expect(printed.slice(1, 3).toSorted()).toEqual(['api-1 here', 'ws-1 two']);
  expect(printed.slice(3)).toEqual(['ws-1 may miss some', 'ws-1 new']);
});

test('a file that was not there reads as empty', () => {
  expect(readFrom('/nowhere/ws-1.log', 7)).toEqual({ text: '', end: 0 });
});
