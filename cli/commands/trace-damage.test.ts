/** `rtops trace` on a run folder that lacks what the run left in it: named, and nothing untrue said. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { ledgerFromFiles } from '../load/history-files.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
import { recordBytes, recordKind, writeRecord } from '../samples/history.ts';
import { keepLogs } from '../system/kept-logs.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { trace } from './trace.ts';

const runId = '20261121-112913-ab12';
const startMs = 1_800_000_000_000;
const startUs = 5_000_000_000;
const inRoom = { msgId: '1.0.0', room: `${runId}-r0`, user: 'u1' };
const conn = { connId: 'c-1', reqId: 'req-1', socketId: 's-1' };

function line(us: number, msg: string, fields: object): string {
  return `${JSON.stringify({ time: startMs + us / 1000, us: startUs + us, ...fields, msg })}\n`;
}

/** A whole run folder, observed: one message from u1 on ws-1 to u2 on ws-2. */
async function wholeRun(): Promise<{ world: TestWorld; dir: string }> {
  const world = testWorld();
  const dir = join(world.cwd, '.rtops', 'runs', runId);
  const historyDir = join(dir, 'history');
  mkdirSync(historyDir, { recursive: true });
  const logsDir = join(world.cwd, 'logs-of-then');
  mkdirSync(logsDir);
  const logs = {
    'ws-1':
      line(0, 'connection opened', { ...conn, user: 'u1', transport: 'websocket' }) +
      line(10_000, 'message taken', { ...conn, ...inRoom }),
    'ws-2': line(11_000, 'message arrived', { ...inRoom, seq: 1 }),
    'nginx-access': '{"request_id":"req-0"}\n',
    redis: 'is not traced by\n',
  };
  for (const [name, text] of Object.entries(logs)) {
    writeFileSync(join(logsDir, `${name}.log`), text);
  }
  await keepLogs(logsDir, new Map(), dir, { startedAtMs: startMs, startedAtUs: startUs });
  const bytes = Buffer.alloc(4 * recordBytes);
  writeRecord(bytes, 0, recordKind.joined, 0, 2, 0, 0, 0, 0, 1000);
  writeRecord(bytes, recordBytes, recordKind.sent, 0, 1, 0, 0, 0, 0, 9000);
  writeRecord(bytes, 2 * recordBytes, recordKind.acked, 0, 1, 0, 0, 0, 1, 12_000);
  writeRecord(bytes, 3 * recordBytes, recordKind.delivered, 0, 2, 0, 1, 0, 1, 13_000);
  writeFileSync(join(historyDir, 'worker-0.bin'), bytes);
  await ledgerFromFiles(historyDir, { runId, durationMs: 1000, partial: false });
  const { run, topology, ledger } = sampleReport();
  const report = sampleReport({
    run: { ...run, id: runId },
    topology: topology === null ? null : { ...topology, monitoring: true },
    ledger: { ...ledger, sent: 1, exceptions: [] },
  });
  writeFileSync(join(dir, 'report.json'), JSON.stringify(report));
  return { world, dir };
}

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

test('a history that was emptied, cut short or taken away', async () => {
  const { world, dir } = await wholeRun();
  const history = join(dir, 'history');
  truncateSync(join(history, 'worker-0.bin'), 2 * recordBytes);
  expect(await notesOf(world)).toContain('worker-0.bin is cut short: 48 of 96 bytes are gone');
  truncateSync(join(history, 'worker-0.bin'), 0);
  expect(await notesOf(world)).toContain('the history of the run is gone');
  const none = await refusalOf(world, 'slowest');
  expect(none).toMatchObject({ code: exitCode.badFile, next: `rtops verify ${runId}` });
  rmSync(history, { recursive: true });
  expect(await notesOf(world)).toContain('the history of the run is gone');
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
