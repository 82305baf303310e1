/** `rtops trace` on a run folder that lacks what the run left in it: named, and nothing untrue said. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
import { recordBytes } from '../samples/history.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { noteRunStart } from './run-start.ts';
import { conn, inRoom, line, runId, startMs, startUs, wholeRun } from './testing/traced-run.ts';
import { trace } from './trace.ts';

async function notesOf(world: TestWorld, id = '1.0.0'): Promise<string> {
  world.printed.stdout = '';
  expect(await trace(world, { id, run: runId, json: true })).toBe(exitCode.pass);
  return (JSON.parse(world.printed.stdout) as { notes: string[] }).notes.join('\n');
}

async function refusalOf(world: TestWorld, id: string): Promise<Failure> {
  const failure = await trace(world, { id, run: runId, json: false }).catch(
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error(`${id} was traced`);
  return failure;
}

test('a whole folder: nothing is missed', async () => {
  const { world } = await wholeRun();
  expect(await notesOf(world)).not.toMatch(/missing|gone|cut|empty|--observe/);
  expect(await notesOf(world, 'slowest')).not.toMatch(/missing|gone|cut|empty/);
});

test.each([
  ['ws-2', /missing from the run folder: the log of .*ws-2/],
  ['nginx-access', /missing from the run folder: the log of .*nginx-access/],
])('the log of %s is not there', async (name, note) => {
  const { world, dir } = await wholeRun();
  rmSync(join(dir, 'logs', `${name}.log`));
  const notes = await notesOf(world);
  expect(notes).toMatch(note);
  // It did keep one.
  expect(notes).not.toContain('--observe');
  // Without the index too: what ran is in the report.
  rmSync(join(dir, 'logs', 'index.json'));
  expect(await notesOf(world)).toMatch(note);
});

test('a log that lost whole lines is cut short', async () => {
  const { world, dir } = await wholeRun();
  const file = join(dir, 'logs', 'ws-1.log');
  writeFileSync(file, line(10_000, 'message taken', { ...conn, ...inRoom }));
  expect(await notesOf(world)).toMatch(/the log of ws-1 is cut short: \d+ of \d+ bytes are gone/);
});

test.each([
  ['emptied', () => '', /empty: the log of ws-1, ws-2/],
  [
    'spoiled',
    (text: string) => text.replaceAll(/^\{/gm, '{{'),
    /2 of 2 lines in the log of ws-1 could not/,
  ],
  [
    'cut short',
    (text: string) => text.slice(0, 30),
    /the log of ws-1 is cut short: \d+ of \d+ bytes/,
  ],
])('logs that were %s: the share that is followed is not to blame', async (_, damaged, note) => {
  const { world, dir } = await wholeRun();
  for (const name of ['ws-1', 'ws-2']) {
    const file = join(dir, 'logs', `${name}.log`);
    writeFileSync(file, damaged(readFileSync(file, 'utf8')));
  }
  const notes = await notesOf(world);
  expect(notes).toMatch(
    /^no line of a server .* of the 70 % that are followed: the logs are not whole/,
  );
  expect(notes).toMatch(note);
  expect(notes).not.toContain('traceSample');
});

test('no logs at all: a connection that cannot be found is not said to be unknown only', async () => {
  const { world, dir } = await wholeRun();
  rmSync(join(dir, 'logs'), { recursive: true });
  expect(await notesOf(world)).toContain('the run folder holds no logs');
  const refusal = await refusalOf(world, 'c-1');
  expect(refusal).toMatchObject({
    code: exitCode.usage,
    why: expect.stringContaining('not there'),
  });
  expect(refusal.evidence.join('\n')).toContain('the run folder holds no logs');
  // Control: an id that nobody has seen, in a whole folder.
  const whole = await wholeRun();
  const unknown = await refusalOf(whole.world, 'c-9');
  expect(unknown.evidence.join('\n')).not.toContain('gone');
});

test('an id that cannot be found in logs that cannot be read is not said to be unknown only', async () => {
  const { world, dir } = await wholeRun();
  const file = join(dir, 'logs', 'ws-1.log');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^\{/gm, '{{'));
  const refusal = await refusalOf(world, 'c-1');
  expect(refusal.why).toContain('not there');
  expect(refusal.evidence).toContain('2 of 2 lines in the log of ws-1 could not be read');
});

test('a history that was emptied, cut short or taken away', async () => {
  const { world, dir } = await wholeRun();
  const history = join(dir, 'history');
  truncateSync(join(history, 'worker-0.bin'), 2 * recordBytes);
  expect(await notesOf(world)).toContain('worker-0.bin is cut short: 48 of 96 bytes are gone');
  truncateSync(join(history, 'worker-0.bin'), 0);
  // It is there, and empty.
  expect(await notesOf(world)).toContain('every file in history/ is empty (worker-0.bin): users');
  expect(await notesOf(world)).not.toContain('gone');
  const none = await refusalOf(world, 'slowest');
  expect(none).toMatchObject({ code: exitCode.badFile, next: `rtops verify ${runId}` });
  rmSync(history, { recursive: true });
  expect(await notesOf(world)).toContain('the history of the run is gone');
});

test.each([
  ['is not there', (file: string) => rmSync(file)],
  ['cannot be read', (file: string) => writeFileSync(file, '{')],
])('an index of the logs that %s: that one may have been cut is said', async (state, damage) => {
  const { world, dir } = await wholeRun();
  const file = join(dir, 'logs', 'ws-1.log');
  writeFileSync(file, readFileSync(file, 'utf8').split('\n', 1).join('') + '\n');
  noteRunStart(world, dir, { startedAtMs: startMs, startedAtUs: startUs });
  damage(join(dir, 'logs', 'index.json'));
  expect(await notesOf(world)).toContain(
    `logs/index.json ${state}: how long each log was is not known, so one may have been cut short; the last lines are of ws-1 at 0 ms, ws-2 at 11 ms`,
  );
});

test.each([
  ['is not there', (file: string) => rmSync(file)],
  ['cannot be read', (file: string) => writeFileSync(file, '{')],
])(
  'a seal of the history that %s: that a file may have been cut is said',
  async (state, damage) => {
    const { world, dir } = await wholeRun();
    truncateSync(join(dir, 'history', 'worker-0.bin'), 3 * recordBytes);
    damage(join(dir, 'history', 'seal.json'));
    expect(await notesOf(world)).toContain(
      `history/seal.json ${state}: how long each file of the history was is not known, so one may have been cut short`,
    );
  },
);

test('a folder where a log or a history file should be is said to be one, and the rest is told', async () => {
  const { world, dir } = await wholeRun();
  for (const name of ['logs/ws-2.log', 'history/worker-0.bin']) {
    rmSync(join(dir, name));
    mkdirSync(join(dir, name));
    expect(await notesOf(world)).toContain(`what ${name} holds cannot be told: it is a folder`);
  }
  expect(await notesOf(world)).not.toMatch(/empty|gone|cut/);
});

test.each([
  ...['report.json', 'logs/ws-1.log', 'logs/nginx-access.log', 'logs/index.json'],
  ...['history/worker-0.bin', 'history/seal.json', 'started.json'],
])('a fifo in place of %s is refused, and not waited for', async (name) => {
  const { world, dir } = await wholeRun();
  rmSync(join(dir, name), { force: true });
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(dir, name)]);
  for (const id of ['1.0.0', 'slowest']) {
    const refusal = await refusalOf(world, id);
    expect(refusal.message).toContain(`runs/${runId}/${name} is a fifo, not a file`);
    expect(refusal.code).toBe(exitCode.badFile);
  }
});

test('so is a device behind a link', async () => {
  const { world, dir } = await wholeRun();
  const file = join(dir, 'logs', 'ws-1.log');
  rmSync(file);
  symlinkSync('/dev/zero', file);
  expect((await refusalOf(world, '1.0.0')).message).toContain('ws-1.log is a device');
});

test('a message that the report names and no file holds is not sent back to where it came from', async () => {
  const { world, dir } = await wholeRun();
  const { ledger } = sampleReport();
  const exception = { class: 'lost', id: '7.7.7', room: `${runId}-r7`, seq: 1 } as const;
  const facts = { sender: 'u7', recipient: null, atMs: 5, fault: null };
  const report = sampleReport({
    ledger: { ...ledger, sent: 1, exceptions: [{ ...exception, ...facts }] },
  });
  writeFileSync(join(dir, 'report.json'), JSON.stringify(report));
  const refusal = await refusalOf(world, 'lost');
  expect(refusal.message).toContain('7.7.7, the lost of run');
  expect(refusal).toMatchObject({ code: exitCode.badFile, next: `rtops verify ${runId}` });
});
