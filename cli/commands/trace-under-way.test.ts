/** `rtops trace`, and who asks for a report, while a run is under way: its logs are those of what is up, and its ids were there before. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { recordBytes, recordKind, writeRecord } from '../samples/history.ts';
import { takeFolderLock } from '../system/folder-lock.ts';
import { stateFolder } from '../system/state-folder.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { inspectedWindow } from './inspection-window.ts';
import { findRunFolder } from './run-folder.ts';
import { open } from './open.ts';
import { noteRunStart } from './run-start.ts';
import { systemIsUp } from './testing/system-up.ts';
import { conn, inRoom, line, runId, startMs, startUs, wholeRun } from './testing/traced-run.ts';
import { trace } from './trace.ts';

const liveId = '20261121-120000-cd34';
const liveMadeMs = Date.parse('2026-11-21T12:00:00Z');

function loadWhatIsUp(world: TestWorld): void {
  const lock = takeFolderLock(stateFolder(world.cwd).benchLockFile);
  if (lock.kind === 'held') onTestFinished(lock.release);
}

/** A folder as a run has it that has begun, `writtenMs` when its last event was written. */
function begin(world: TestWorld, writtenMs: number, id = liveId): void {
  const dir = join(stateFolder(world.cwd).runsDir, id);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'scenario.yaml'), '');
  writeFileSync(join(dir, 'events.jsonl'), '');
  utimesSync(join(dir, 'events.jsonl'), writtenMs / 1000, writtenMs / 1000);
}

const ofLive = { ...conn, ...inRoom, room: `${liveId}-r0` };

/** The logs of what is up: of the run before, then of the one under way. */
function writeLogs(world: TestWorld, messages: readonly string[]): void {
  const { logsDir } = stateFolder(world.cwd);
  mkdirSync(logsDir, { recursive: true });
  const other = { connId: 'c-old', reqId: '-', socketId: 's-old', user: 'u2' };
  const before =
    line(5000, 'connection opened', { ...other, transport: 'websocket' }) +
    line(10_000, 'message taken', { ...conn, ...inRoom });
  const now = messages.map((msgId) => line(900_010_000, 'message taken', { ...ofLive, msgId }));
  writeFileSync(join(logsDir, 'ws-1.log'), [before, ...now].join(''));
}

type Told = {
  readonly run: string;
  readonly notes: string;
  readonly titles: readonly string[];
  readonly steps: readonly string[];
  readonly firstAtMs: number | undefined;
};

async function told(world: TestWorld, id: string, run?: string): Promise<Told> {
  world.printed.stdout = '';
  expect(await trace(world, { id, run, json: true })).toBe(exitCode.pass);
  const document = JSON.parse(world.printed.stdout) as {
    readonly run: string;
    readonly notes: readonly string[];
    readonly timelines: readonly {
      title: string;
      steps: readonly { atMs: number; what: string }[];
    }[];
  };
  return {
    run: document.run,
    notes: document.notes.join('\n'),
    titles: document.timelines.map(({ title }) => title),
    steps: document.timelines[0]?.steps.map(({ what }) => what) ?? [],
    firstAtMs: document.timelines[0]?.steps[0]?.atMs,
  };
}

async function loaded(messages: readonly string[]): Promise<TestWorld> {
  const { world } = await wholeRun();
  loadWhatIsUp(world);
  begin(world, Date.now() + 1000);
  writeLogs(world, messages);
  return world;
}

test('an id of both runs: the one under way is shown, the other named', async () => {
  const world = await loaded(['1.0.0']);
  const { run, notes, titles, firstAtMs } = await told(world, '1.0.0');
  expect(run).toBe(liveId);
  expect(titles).toEqual([`message 1.0.0 of u1 in ${liveId}-r0`]);
  expect(firstAtMs).toBe(0);
  expect(notes).toMatch(
    new RegExp(`^run ${liveId} is under way: this is from the logs of what is up; what users saw`),
  );
  expect(notes).toContain(`run ${runId} has it too: rtops trace 1.0.0 ${runId}`);
  expect((await told(world, '1.0.0', liveId)).run).toBe(liveId);
  // Who names the other gets it, and no word on this one.
  const other = await told(world, '1.0.0', runId);
  expect(other.run).toBe(runId);
  expect(other.notes).not.toContain('under way');
});

test('an id that only the run under way has', async () => {
  const world = await loaded(['1.0.7']);
  const { run, notes } = await told(world, '1.0.7');
  expect(run).toBe(liveId);
  expect(notes).not.toContain('has it too');
});

test('an id of which what is up tells nothing: the ended run is shown, and said to be', async () => {
  const world = await loaded([]);
  const { run, notes } = await told(world, '1.0.0');
  expect(run).toBe(runId);
  expect(notes).toMatch(
    new RegExp(
      `^run ${liveId} is under way, and nothing about 1.0.0 was found in the logs of what`,
    ),
  );
  expect(notes).toContain('--set server.traceSample=1');
  expect(notes).toContain(`shown is run ${runId}, which has ended`);
  expect((await told(world, 'slowest')).notes).toContain('its slowest is known when it has ended');
  // Neither has it: both are named.
  for (const run of [undefined, liveId]) {
    const refusal = trace(world, { id: '9.9.9', run, json: false });
    await expect(refusal).rejects.toMatchObject({
      code: exitCode.usage,
      evidence: expect.arrayContaining([expect.stringContaining(`run ${liveId} is under way`)]),
    });
  }
  const slowest = trace(world, { id: 'slowest', run: liveId, json: false });
  await expect(slowest).rejects.toMatchObject({ code: exitCode.usage });
});

test('no run has ended yet', async () => {
  const world = await loaded(['1.0.0']);
  rmSync(join(stateFolder(world.cwd).runsDir, runId), { recursive: true });
  const { run, notes } = await told(world, '1.0.0');
  expect(run).toBe(liveId);
  expect(notes).not.toContain('has it too');
});

test('a run that was killed is not under way, whatever is up or was', async () => {
  const { world } = await wholeRun();
  writeLogs(world, ['1.0.0']);
  begin(world, Date.now() - 60_000);
  expect((await told(world, '1.0.0')).notes).not.toContain('under way');
  // Another has the lock, and writes elsewhere.
  loadWhatIsUp(world);
  const { notes, titles } = await told(world, '1.0.0');
  expect(notes).toContain('with its folder elsewhere (--run-dir) is under way');
  expect(titles).toEqual([runId, liveId].map((id) => `message 1.0.0 of u1 in ${id}-r0`));
});

test.each([
  ['is its own', liveMadeMs + 2000, liveId],
  ['was up before, and the run was killed', liveMadeMs - 2000, runId],
])('a run whose system %s', async (_, startedAtMs, shown) => {
  const { world } = await wholeRun();
  writeLogs(world, ['1.0.0']);
  begin(world, startedAtMs + 10_000);
  systemIsUp(world, { startedAtMs });
  onTestFinished(() => rmSync(stateFolder(world.cwd).stateFile));
  // Long after its last event: it drains, or reads the log.
  const clock = { ...world.clock, now: () => startedAtMs + 600_000 };
  expect((await told({ ...world, clock }, '1.0.0')).run).toBe(shown);
});

/** What its users wrote down by now: u1 sent in the room that u2 and u3 are in, and u2 has it. */
function usersWrite(world: TestWorld): void {
  const dir = join(stateFolder(world.cwd).runsDir, liveId);
  noteRunStart(world, dir, { startedAtMs: startMs + 900_000, startedAtUs: startUs + 900_000_000 });
  mkdirSync(join(dir, 'history'), { recursive: true });
  // The last record is half written.
  const records = Buffer.alloc(5 * recordBytes + 7);
  writeRecord(records, 0, recordKind.joined, 0, 2, 0, 0, 0, 0, 1000);
  writeRecord(records, recordBytes, recordKind.joined, 0, 3, 0, 0, 0, 0, 1000);
  writeRecord(records, 2 * recordBytes, recordKind.sent, 0, 1, 0, 0, 0, 0, 9000);
  writeRecord(records, 3 * recordBytes, recordKind.acked, 0, 1, 0, 0, 0, 1, 12_000);
  writeRecord(records, 4 * recordBytes, recordKind.delivered, 0, 2, 0, 1, 0, 1, 13_000);
  writeFileSync(join(dir, 'history', 'worker-0.bin'), records);
  // Of another worker, which is ahead; one that has no users has no record.
  const ahead = Buffer.alloc(recordBytes);
  writeRecord(ahead, 0, recordKind.joined, 0, 9, 4, 0, 0, 0, 2_000_000);
  writeFileSync(join(dir, 'history', 'worker-1.bin'), ahead);
  writeFileSync(join(dir, 'history', 'worker-2.bin'), '');
}

test('what its users wrote down by now, and until when', async () => {
  const world = await loaded(['1.0.0']);
  usersWrite(world);
  const { run, notes, steps, firstAtMs } = await told(world, '1.0.0');
  expect(run).toBe(liveId);
  expect(steps).toEqual(['due', 'sent', 'taken from u1 on c-1', 'ack: seq 1', 'delivered: seq 1']);
  expect(firstAtMs).toBe(9);
  expect(notes).toMatch(
    new RegExp(
      `^run ${liveId} is under way: this is from users' records up to 08:15:00 UTC, 0.0 s from its start; the logs of what is up\n`,
    ),
  );
  expect(notes).toContain('members without a delivery so far: u3');
  expect(notes).not.toContain('first line found');
});

test('of an id that they have not met either, it is said how far they are', async () => {
  const world = await loaded([]);
  usersWrite(world);
  const refusal = trace(world, { id: '1.0.7', run: liveId, json: false });
  await expect(refusal).rejects.toMatchObject({
    why: 'that user sent 1 messages in that room: the last number is 0 to 0',
    evidence: [expect.stringMatching(/nothing about 1\.0\.7 was found in users' records up to/)],
  });
});

test('and so it is where no run has ended yet', async () => {
  const world = await loaded([]);
  usersWrite(world);
  rmSync(join(stateFolder(world.cwd).runsDir, runId), { recursive: true });
  await expect(trace(world, { id: '1.0.7', run: undefined, json: false })).rejects.toMatchObject({
    why: 'that user sent 1 messages in that room: the last number is 0 to 0',
    next: 'rtops trace 1.0.7 again: users write down what they did once a second',
  });
});

test('on the system of somebody else: what its users wrote down, and that its logs are not here', async () => {
  const { world } = await wholeRun();
  begin(world, Date.now());
  expect((await told(world, '1.0.0')).run).toBe(runId);
  usersWrite(world);
  const { run, notes, steps } = await told(world, '1.0.0');
  expect(run).toBe(liveId);
  expect(steps).toEqual(['due', 'sent', 'ack: seq 1', 'delivered: seq 1']);
  expect(notes).toContain('no logs, for its system was not started by rtops (--url)');
});

test('outside of any run: a message of an older one that the logs still hold is told with its run', async () => {
  const { world } = await wholeRun();
  writeLogs(world, ['1.0.7']);
  const { titles, notes } = await told(world, '1.0.7');
  expect(titles).toEqual([`message 1.0.7 of u1 in ${liveId}-r0`]);
  expect(notes).toContain(`it is not in the folder of run ${runId}`);
});

test('no run has ended yet: for its slowest one is sent to what works meanwhile', async () => {
  const world = testWorld();
  begin(world, Date.now() + 1000);
  loadWhatIsUp(world);
  for (const id of ['slowest', 'lost']) {
    const refusal = await failureOf(trace(world, { id, run: undefined, json: false }));
    expect(refusal.why).toBe(`run ${liveId} is under way: its ${id} is known when it has ended`);
    expect(refusal.next).toMatch(/^rtops trace 0\.0\.0, or any other id/);
  }
  const report = await failureOf(open(world, 'report'));
  expect(report.message).toBe(`the run ${liveId} has no report yet`);
  expect(report.next).toMatch(/rtops open prometheus.*rtops trace 0\.0\.0/);
});

test('faults that were done by now', async () => {
  const world = await loaded(['1.0.0']);
  usersWrite(world);
  const fault = { kind: 'fault', t: 10, fault: 'pause@ws-2,at=1s', phase: 'injected', detail: '' };
  const file = join(stateFolder(world.cwd).runsDir, liveId, 'events.jsonl');
  writeFileSync(file, `${JSON.stringify(fault)}\n`);
  utimesSync(file, Date.now() / 1000 + 1, Date.now() / 1000 + 1);
  expect((await told(world, '1.0.0')).steps).toContain('pause@ws-2 begins');
});

test('a report asked for meanwhile: the run is under way, which is no missing report', async () => {
  const world = testWorld();
  begin(world, world.clock.now());
  for (const run of [undefined, liveId]) {
    const failure = await failureOf(findRunFolder(world, run));
    expect(failure.message).toBe(`the run ${liveId} has no report yet`);
  }
  const window = await failureOf(inspectedWindow(world, {}));
  expect(window).toMatchObject({ code: exitCode.noVerdict });
  expect(window.next).toContain('--from now-2m');
  // One that was killed long ago is no run under way.
  begin(world, world.clock.now() - 60_000);
  expect((await failureOf(findRunFolder(world, undefined))).message).toBe(
    'there is no run to report on',
  );
});
