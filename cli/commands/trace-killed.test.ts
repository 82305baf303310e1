/** `rtops trace` of a run whose rtops was killed: its folder has no report, and holds what it wrote. */
import { lutimesSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';

import { exitCode } from '../exit-code.ts';
import { recordBytes, recordKind, writeRecord } from '../samples/history.ts';
import { takeFolderLock } from '../system/folder-lock.ts';
import { stateFolder } from '../system/state-folder.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { scaled } from '../topology/testing/topologies.ts';
import { open } from './open.ts';
import { noteRunStart } from './run-start.ts';
import { conn, line, runId as endedId, startMs, startUs, wholeRun } from './testing/traced-run.ts';
import { trace } from './trace.ts';

const killedId = '20261121-120000-cd34';
const room = `${killedId}-r0`;
/** Its start, after that of the run that ended. */
const at0 = { startedAtMs: startMs + 900_000, startedAtUs: startUs + 900_000_000 };
/** 24 s after it. */
const killedMs = at0.startedAtMs + 24_000;

function dirOf(world: TestWorld): string {
  return join(stateFolder(world.cwd).runsDir, killedId);
}

/** A server's line, `us` µs after the start of the killed run. */
const lineOf = (us: number, msg: string, fields: object): string =>
  line(900_000_000 + us, msg, fields);

/** What such a run leaves: u1 sent to u2 and u3 of its room, and u2 has it. */
function leave(world: TestWorld): void {
  const dir = dirOf(world);
  mkdirSync(join(dir, 'history'), { recursive: true });
  writeFileSync(join(dir, 'scenario.yaml'), '');
  const topology = { ...scaled, server: { ...scaled.server, traceSample: 1 } };
  writeFileSync(join(dir, 'topology.yaml'), stringify(topology));
  noteRunStart(world, dir, at0, { pid: 999_999_999, startTime: '1' });
  const fault = { kind: 'fault', fault: 'kill@ws-2,at=1s,for=5s', detail: '' };
  const events = [
    { kind: 'run-start', runId: killedId },
    { ...fault, t: 5, phase: 'injected' },
    { ...fault, t: 20, phase: 'undone' },
  ];
  writeFileSync(
    join(dir, 'events.jsonl'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
  // The last record is half written.
  const records = Buffer.alloc(5 * recordBytes + 7);
  writeRecord(records, 0, recordKind.joined, 0, 2, 0, 0, 0, 0, 1000);
  writeRecord(records, recordBytes, recordKind.joined, 0, 3, 0, 0, 0, 0, 1000);
  writeRecord(records, 2 * recordBytes, recordKind.sent, 0, 1, 0, 0, 0, 0, 9000);
  writeRecord(records, 3 * recordBytes, recordKind.acked, 0, 1, 0, 0, 0, 1, 12_000);
  writeRecord(records, 4 * recordBytes, recordKind.delivered, 0, 2, 0, 1, 0, 1, 13_000);
  writeFileSync(join(dir, 'history', 'worker-0.bin'), records);
  for (const name of ['events.jsonl', 'history/worker-0.bin']) {
    utimesSync(join(dir, name), killedMs / 1000, killedMs / 1000);
  }
  writeSystemLogs(world);
}

/** The logs of its system: of a run before, of the killed one, and of one after it. */
function writeSystemLogs(world: TestWorld): void {
  const { logsDir } = stateFolder(world.cwd);
  mkdirSync(logsDir, { recursive: true });
  const of = { ...conn, msgId: '1.0.0', user: 'u1', room };
  const socket = (n: string): object => ({
    ...{ connId: `c-${n}`, reqId: `req-${n}`, socketId: `s-${n}` },
    ...{ user: 'u1', transport: 'websocket' },
  });
  const lines = [
    line(5000, 'connection opened', socket('before')),
    lineOf(1000, 'connection opened', socket('1')),
    lineOf(10_000, 'message taken', of),
    lineOf(60_000_000, 'connection opened', socket('after')),
  ];
  writeFileSync(join(logsDir, 'ws-1.log'), lines.join(''));
}

type Told = { readonly run: string; readonly notes: string; readonly steps: readonly string[] };

async function told(world: TestWorld, id: string, run?: string): Promise<Told> {
  world.printed.stdout = '';
  expect(await trace(world, { id, run, json: true })).toBe(exitCode.pass);
  const document = JSON.parse(world.printed.stdout) as {
    readonly run: string;
    readonly notes: readonly string[];
    readonly timelines: readonly { steps: readonly { where: string; what: string }[] }[];
  };
  const steps = document.timelines[0]?.steps ?? [];
  return {
    ...{ run: document.run, notes: document.notes.join('\n') },
    steps: steps.map(({ where, what }) => `${where}: ${what}`),
  };
}

const time = new Date(killedMs).toISOString().slice(11, 19);
const dead = `run ${killedId} was killed, or failed, at ${time} UTC and left no report`;
const steps = [
  'ws-1: connection c-1 opened for u1 over websocket, socket s-1',
  'fault: kill@ws-2 begins',
  'u1: due',
  'u1: sent',
  'ws-1: taken from u1 on c-1',
  'u1: ack: seq 1',
  'u2: delivered: seq 1',
  'fault: kill@ws-2 ends',
];

test('what its users wrote down, what its servers logged of that time, and its faults', async () => {
  const world = testWorld();
  leave(world);
  for (const run of [undefined, killedId, join('.rtops', 'runs', killedId)]) {
    const of = await told(world, '1.0.0', run);
    expect(of.run).toBe(killedId);
    expect(of.steps).toEqual(steps);
    expect(of.notes).toMatch(new RegExp(`^${dead}: this is from users' records up to `));
    expect(of.notes).toContain('s from its start (what they saw after that was not written)');
    expect(of.notes).toContain('members without a delivery: u3');
  }
  const slowest = await told(world, 'slowest', killedId);
  expect(slowest.steps).toEqual(steps);
  expect(slowest.notes).toContain('the slowest of 1: 4 ms from due to its last step');
  expect((await told(world, 'c-1')).steps).toEqual([steps[0], steps[4]]);
});

test('it is dead from the moment it is killed: nothing says that it is under way', async () => {
  const world = testWorld();
  leave(world);
  const clock = { ...world.clock, now: () => killedMs + 500 };
  expect((await told({ ...world, clock }, '1.0.0')).notes).not.toContain('under way');
  // Nor where another has the lock by now.
  const lock = takeFolderLock(stateFolder(world.cwd).benchLockFile);
  if (lock.kind === 'held') onTestFinished(lock.release);
  lutimesSync(stateFolder(world.cwd).benchLockFile, killedMs / 1000 + 1, killedMs / 1000 + 1);
  expect((await told({ ...world, clock }, '1.0.0', killedId)).notes).toContain(dead);
});

test('its logs are found where a system that was started after it put them aside', async () => {
  const world = testWorld();
  leave(world);
  const log = join(stateFolder(world.cwd).logsDir, 'ws-1.log');
  utimesSync(log, killedMs / 1000, killedMs / 1000);
  renameSync(log, `${log}.1`);
  writeFileSync(log, '');
  expect((await told(world, '1.0.0')).steps).toEqual(steps);
});

test('without the logs of its system: its users are told of', async () => {
  const world = testWorld();
  leave(world);
  rmSync(stateFolder(world.cwd).logsDir, { recursive: true });
  const of = await told(world, '1.0.0');
  expect(of.steps).toEqual(steps.filter((step) => !step.startsWith('ws-1')));
});

test('a run on the system of somebody else: no logs, and why', async () => {
  const world = testWorld();
  leave(world);
  rmSync(join(dirOf(world), 'topology.yaml'));
  expect((await told(world, '1.0.0')).notes).toContain(
    'no logs, for its system was not started by rtops (--url)',
  );
});

test('a run on the system of somebody else is alive while its rtops is, however long it is silent', async () => {
  const world = testWorld();
  leave(world);
  rmSync(join(dirOf(world), 'topology.yaml'));
  const clock = { ...world.clock, now: () => killedMs + 500 };
  // Dead from the moment it is killed.
  expect((await told({ ...world, clock }, '1.0.0')).notes).toContain(dead);
  noteRunStart(world, dirOf(world), at0);
  const silent = { ...world, clock: { ...world.clock, now: () => killedMs + 600_000 } };
  expect((await told(silent, '1.0.0')).notes).toMatch(new RegExp(`^run ${killedId} is under way`));
});

test('a run that goes on in a folder of its own (--run-dir) is not called killed', async () => {
  const world = testWorld();
  leave(world);
  noteRunStart(world, dirOf(world), at0);
  renameSync(dirOf(world), join(world.cwd, 'mine'));
  const refusal = await failureOf(trace(world, { id: '1.0.0', run: 'mine', json: false }));
  expect(refusal).toMatchObject({
    code: exitCode.usage,
    ...{ message: 'the run in mine is under way', next: 'rtops trace 1.0.0' },
  });
});

test('beside one that has ended: the newest that has the id, and the other is named', async () => {
  const { world } = await wholeRun();
  leave(world);
  const both = await told(world, '1.0.0');
  expect(both.run).toBe(killedId);
  expect(both.notes).toContain(`run ${endedId} has it too: rtops trace 1.0.0 ${endedId}`);
  expect((await told(world, '1.0.0', endedId)).notes).not.toContain(killedId);
  // What was lost is known of the one that has a report only.
  const lost = await told(world, 'lost');
  expect(lost.notes).toMatch(new RegExp(`^${dead}: what it lost is not known`));
  expect(lost.run).toBe(endedId);
  // One that is newer and has a report is what is asked after.
  renameSync(dirOf(world), join(stateFolder(world.cwd).runsDir, '20261121-100000-cd34'));
  expect((await told(world, '1.0.0')).run).toBe(endedId);
});

test('what nobody has seen, or cannot be known: the next command leads on', async () => {
  const world = testWorld();
  leave(world);
  const next = `rtops trace slowest ${killedId}`;
  for (const run of [undefined, killedId]) {
    const unknown = await failureOf(trace(world, { id: '9.9.9', run, json: false }));
    expect(unknown).toMatchObject({ code: exitCode.usage, next });
    expect(unknown.evidence.join('\n')).toContain(`${dead}, and nothing about 9.9.9 was found`);
    const lost = await failureOf(trace(world, { id: 'lost', run, json: false }));
    expect(lost).toMatchObject({ code: exitCode.badFile, next });
    expect(lost.why).toContain(dead);
  }
  expect(await failureOf(open(world, 'report'))).toMatchObject({
    code: exitCode.badFile,
    ...{ why: dead, next },
  });
  // That is a command that does.
  expect((await told(world, 'slowest', killedId)).steps).toEqual(steps);
});

test('outside of any run the next command names an id that the logs hold, or how to have some', async () => {
  const world = testWorld();
  const nothing = await failureOf(trace(world, { id: '9.9.9', run: undefined, json: false }));
  expect(nothing.next).toBe('rtops bench');
  writeSystemLogs(world);
  const unknown = await failureOf(trace(world, { id: '9.9.9', run: undefined, json: false }));
  expect(unknown.next).toBe('rtops trace 1.0.0');
  await told(world, '1.0.0');
});
