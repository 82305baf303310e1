import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { keepLogs, markLogs, readKeptLogs } from './kept-logs.ts';
import { serviceLog, trimLog } from './service-log.ts';
import { testWorld } from './testing/test-world.ts';

const since = { startedAtMs: 1, startedAtUs: 2 };

test.each([
  ['no older copy', undefined],
  ['an older copy', 'long ago\n'],
])(
  'a log that was trimmed and has grown past its mark again is kept whole: %s',
  async (_, copy) => {
    const { cwd } = testWorld();
    const logsDir = join(cwd, 'logs');
    mkdirSync(logsDir);
    const log = serviceLog(logsDir, 'ws-1');
    writeFileSync(log, 'before\n');
    if (copy !== undefined) {
      writeFileSync(`${log}.1`, copy);
      utimesSync(`${log}.1`, 1, 1);
    }
    const marks = markLogs(logsDir);
    appendFileSync(log, 'first\n');
    trimLog(log, 1);
    appendFileSync(log, 'then, and more than was there before\n');
    await keepLogs(logsDir, marks, join(cwd, 'run'), since);
    expect((await readKeptLogs(join(cwd, 'run')))?.logs).toEqual([
      { service: 'ws-1', text: 'first\nthen, and more than was there before\n' },
    ]);
  },
);

test('a copy that was there before the run is none of it', async () => {
  const { cwd } = testWorld();
  const logsDir = join(cwd, 'logs');
  mkdirSync(logsDir);
  const log = serviceLog(logsDir, 'ws-1');
  writeFileSync(`${log}.1`, 'long ago\n');
  writeFileSync(log, 'before\n');
  const marks = markLogs(logsDir);
  appendFileSync(log, 'meanwhile\n');
  await keepLogs(logsDir, marks, join(cwd, 'run'), since);
  expect((await readKeptLogs(join(cwd, 'run')))?.logs).toEqual([
    { service: 'ws-1', text: 'meanwhile\n' },
  ]);
});

test('a copy that a full disk cut short does not run into what came after it', async () => {
  const { cwd } = testWorld();
  const logsDir = join(cwd, 'logs');
  mkdirSync(logsDir);
  const log = serviceLog(logsDir, 'ws-1');
  writeFileSync(log, '');
  const marks = markLogs(logsDir);
  writeFileSync(`${log}.1`, 'first\nsecond');
  writeFileSync(log, 'anew\n');
  await keepLogs(logsDir, marks, join(cwd, 'run'), since);
  expect((await readKeptLogs(join(cwd, 'run')))?.logs).toEqual([
    { service: 'ws-1', text: 'first\nsecond\nanew\n' },
  ]);
});
