import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { ledgerFromFiles } from '../load/history-files.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
import { createHistogram } from '../samples/histogram.ts';
import { readRecord, recordBytes, recordKind } from '../samples/history.ts';
import type { HistoryRecord } from '../samples/history.ts';
import type { OpSummary } from '../samples/summary.ts';
import { encodeRecords, honestRun } from '../samples/testing/honest-run.ts';
import type { Step } from '../samples/testing/honest-run.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { World } from '../world.ts';
import { judge } from '../verdict/judge.ts';
import { parseThreshold } from '../verdict/threshold.ts';
import type { Report } from '../report/report.ts';
import { verify } from './verify.ts';

describe('rtops verify', () => {
  test('agrees with an untouched run, the newest when none is named, and exits 0', async () => {
    const { world, printed } = await runFolder();
    expect(await verify(world, { run: undefined })).toBe(exitCode.pass);
    expect(printed()).toMatch(/ledger\.delivered +(\d+) +\1 {2}yes/);
    expect(printed()).toMatch(/chat\.delivery p95 +[\d.]+ +[\d.]+ {2}yes/);
    expect(printed()).toContain('verified: the report agrees with its history');
  });

  const delivered = (r: HistoryRecord): boolean => r.kind === recordKind.delivered;
  const acked = (r: HistoryRecord): boolean => r.kind === recordKind.acked;
  test.each<{
    it: string;
    which: (r: HistoryRecord) => boolean;
    change: Partial<HistoryRecord>;
    says: RegExp;
  }>([
    {
      it: 'a delivery that becomes another kind',
      which: delivered,
      change: { kind: recordKind.resynced },
      says: /ledger\.resynced: the report says 0, the history 1 \(by 1\)/,
    },
    {
      it: 'a delivery under a higher seq',
      which: delivered,
      change: { value: 4_000_000_000 },
      says: /ledger\.reordered: the report says 0/,
    },
    {
      it: 'a delivery to somebody else',
      which: delivered,
      change: { user: 5 },
      says: /ledger\.(lost|delivered|expected): the report says/,
    },
    {
      it: 'an ack that becomes a refusal',
      which: acked,
      change: { kind: recordKind.refused },
      says: /ledger\.refused: the report says 0, the history 1/,
    },
    {
      it: 'an ack of another seq',
      which: acked,
      change: { value: 1_000_000 },
      says: /was changed after the run/,
    },
    {
      it: 'a final read that was not done',
      which: (r) => r.kind === recordKind.readDone,
      change: { kind: recordKind.connectDue },
      says: /rooms without a final read: the report says 0, the history 1/,
    },
    {
      it: 'a record of a kind that nobody writes',
      which: delivered,
      change: { kind: 200 },
      says: /records of no known kind: the report says 0, the history 1/,
    },
    {
      it: 'a byte that no figure depends on',
      which: delivered,
      change: { code: 7 },
      says: /worker-0\.bin was changed after the run/,
    },
  ])('disagrees about $it, says where, and exits 99', async ({ which, change, says }) => {
    const { world, printed, history } = await runFolder();
    flip(history, which, change);
    expect(await verify(world, { run: undefined })).toBe(exitCode.failed);
    expect(printed()).toMatch(says);
    expect(printed()).toContain('NOT verified');
  });

  test('finds a flipped delivery without the seal too', async () => {
    const { world, printed, history } = await runFolder();
    rmSync(join(history, 'seal.json'));
    flip(history, delivered, { kind: recordKind.resynced });
    expect(await verify(world, { run: undefined })).toBe(exitCode.failed);
    expect(printed()).toContain('the history carries no seal');
  });

  test('disagrees with a report whose figures were changed', async () => {
    const { world, printed, dir } = await runFolder();
    const file = join(dir, 'report.json');
    const report = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof sampleReport>;
    const ack = report.ops['chat.ack'] as OpSummary;
    const p95 = ack.latencyMs.p95 * 0.99;
    const changed = { ...ack, latencyMs: { ...ack.latencyMs, p95 } };
    writeFileSync(file, JSON.stringify({ ...report, ops: { ...report.ops, 'chat.ack': changed } }));
    expect(await verify(world, { run: undefined })).toBe(exitCode.failed);
    expect(printed()).toMatch(/chat\.ack p95: the report says 0\.89\d, the history 0\.900/);
  });

  test('fails with 104 when a file is cut short, gone, or was never there', async () => {
    const cut = await runFolder();
    const file = join(cut.history, 'worker-1.bin');
    truncateSync(file, readFileSync(file).length - 10);
    await expectBadFile(cut.world, /worker-1\.bin is missing or damaged/);

    const gone = await runFolder();
    rmSync(join(gone.history, 'worker-1.bin'));
    await expectBadFile(gone.world, /worker-1\.bin is missing or damaged/);

    const empty = await runFolder();
    rmSync(empty.history, { recursive: true });
    await expectBadFile(empty.world, /history is missing or damaged/);

    await expectBadFile(empty.world, /there is no report/, 'no-such-run');
  });

  test('leaves out the unfinished last record of a killed writer, and says so', async () => {
    const { world, printed } = await runFolder({ tail: 7 });
    expect(await verify(world, { run: undefined })).toBe(exitCode.pass);
    expect(printed()).toContain('worker-0.bin ends inside a record: 7 bytes left out');
  });

  test('of a run cut short takes counters that miss a second, but not more, nor another ledger', async () => {
    const short = { partial: true, cutShort: true, fewerAcks: 1 };
    const partial = await runFolder(short);
    expect(await verify(partial.world, { run: undefined })).toBe(exitCode.pass);
    expect(partial.printed()).toMatch(/chat\.ack count .* cut/);
    expect(partial.printed()).toMatch(/may differ by what a second holds, at most \d+/);
    const invented = await runFolder({ ...short, fewerAcks: -99_999 });
    expect(await verify(invented.world, { run: undefined })).toBe(exitCode.failed);
    expect(invented.printed()).toMatch(/chat\.ack count .* no/);
    // An orderly Ctrl-C cuts nothing short.
    const orderly = await runFolder({ partial: true, fewerAcks: 1 });
    expect(await verify(orderly.world, { run: undefined })).toBe(exitCode.failed);
    const whole = await runFolder({ fewerAcks: 1 });
    expect(await verify(whole.world, { run: undefined })).toBe(exitCode.failed);
    const flipped = await runFolder(short);
    flip(flipped.history, delivered, { kind: recordKind.resynced });
    expect(await verify(flipped.world, { run: undefined })).toBe(exitCode.failed);
  });
});

describe('rtops verify judges again', () => {
  test('an untouched run as its report says', async () => {
    const { world, printed } = await runFolder();
    expect(await verify(world, { run: undefined })).toBe(exitCode.pass);
    expect(printed()).toContain('judged again: 5 of 5 as the report says');
  });

  test.each<{ it: string; change: (report: Report) => Partial<Report>; says: string }>([
    {
      it: 'the verdict',
      change: () => ({ verdict: 'fail' }),
      says: 'verdict: the report says fail, its figures say pass',
    },
    {
      it: 'the exit code',
      change: () => ({ exitCode: 99 }),
      says: 'exit code: the report says 99, its figures say 0',
    },
    {
      it: 'a threshold',
      change: ({ thresholds }) => ({
        thresholds: thresholds.map((row, i) => (i === 1 ? { ...row, verdict: 'no-data' } : row)),
      }),
      says: 'errors < 1%: the report says no-data, its figures say pass',
    },
    {
      it: 'a threshold that was left out',
      change: ({ thresholds }) => ({ thresholds: thresholds.slice(0, 2) }),
      says: 'service.restarts[*] = 0: the report says not there, its figures say pass',
    },
    {
      it: 'users refused',
      change: ({ users }) => ({ users: { ...users, refused: 7 } }),
      says: 'users.refused: the report says 7, the history 0 (by 7)',
    },
    {
      it: 'users thrown off',
      change: ({ users }) => ({ users: { ...users, thrownOff: 0 } }),
      says: 'users.thrownOff: the report says 0, the history',
    },
    {
      it: 'a service that ended after all',
      change: ({ services }) => ({ services: services.map((one) => ({ ...one, restarts: 1 })) }),
      says: 'service.restarts[*] = 0: the report says pass, its figures say fail',
    },
  ])('and disagrees when $it was changed', async ({ change, says }) => {
    const { world, printed, dir } = await runFolder();
    const file = join(dir, 'report.json');
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    writeFileSync(file, JSON.stringify({ ...report, ...change(report) }));
    expect(await verify(world, { run: undefined })).toBe(exitCode.failed);
    expect(printed()).toContain(says);
    expect(printed()).toContain('NOT verified');
  });

  test('and refuses a report that does not say what else its verdict was reached from', async () => {
    const { world, dir } = await runFolder();
    const file = join(dir, 'report.json');
    const { judged: _, ...cut } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    writeFileSync(file, JSON.stringify(cut));
    await expectBadFile(world, /report\.json does not have the shape of its schema/);
  });
});

async function expectBadFile(world: World, says: RegExp, run?: string): Promise<void> {
  const failure = await failureOf(verify(world, { run }));
  expect(failure.code).toBe(exitCode.badFile);
  expect(failure.message).toMatch(says);
}

/** Changes the first record that fits, past the middle of worker 0's file. */
function flip(
  history: string,
  which: (record: HistoryRecord) => boolean,
  change: Partial<HistoryRecord>,
): void {
  const file = join(history, 'worker-0.bin');
  const bytes = new Uint8Array(readFileSync(file));
  const half = Math.floor(bytes.length / recordBytes / 2);
  for (let at = half * recordBytes; at + recordBytes <= bytes.length; at += recordBytes) {
    const record = readRecord(bytes, at);
    if (!which(record)) continue;
    bytes.set(encodeRecords([{ ...record, ...change }]), at);
    writeFileSync(file, bytes);
    return;
  }
  throw new Error('no record fits');
}

type Made = {
  readonly world: World;
  readonly dir: string;
  readonly history: string;
  printed(): string;
};

/** A run folder as bench leaves it, of an honest run on two workers. */
async function runFolder(
  made: { tail?: number; partial?: boolean; cutShort?: boolean; fewerAcks?: number } = {},
): Promise<Made> {
  const world = testWorld();
  const steps = Array.from({ length: 120 }, (_, i): Step => ({
    act: i % 40 === 20 ? 'crash' : i % 40 === 25 ? 'return' : 'send',
    user: i % 40 >= 20 && i % 5 === 0 ? 3 : i,
    pauseMs: 100,
    delayMs: (i * 37) % 200,
  }));
  const run = honestRun({ users: 8, roomSize: 4, workers: 2, steps, leaves: 'exact' });
  const dir = join(world.cwd, '.rtops', 'runs', '20261121-120000-abcd');
  const history = join(dir, 'history');
  mkdirSync(history, { recursive: true });
  for (const [i, file] of run.files.entries()) {
    const tail = new Uint8Array(i === 0 ? (made.tail ?? 0) : 0);
    writeFileSync(join(history, `worker-${i}.bin`), Buffer.concat([encodeRecords(file), tail]));
  }
  const partial = made.partial ?? false;
  const { durationMs } = run;
  const runId = '20261121-120000-abcd';
  const ledger = await ledgerFromFiles(history, { runId, durationMs, partial });
  expect(ledger.delivered).toBeGreaterThan(300);
  const sample = sampleReport();
  const texts = ['ledger.lost = 0', 'errors < 1%', 'service.restarts[*] = 0'];
  const unjudged = sampleReport({
    run: { ...sample.run, id: runId, durationMs, partial },
    scenario: { ...sample.scenario, thresholds: texts },
    users: usersOf(run.files.flat()),
    ledger,
    ops: opsOf(run.files.flat(), made.fewerAcks ?? 0),
    judged: {
      holdSends: 10_000,
      finalRead: { done: true, why: null },
      loopback: true,
      cutShort: made.cutShort ?? false,
    },
  });
  const { verdict, thresholds } = judge(
    { ...unjudged, ...unjudged.judged, durationMs, partial, impact: undefined! },
    texts.map((text) => parseThreshold(text)),
    { cores: 2 },
  );
  const code = partial ? exitCode.interrupted : exitCode.pass;
  const report = { ...unjudged, verdict, thresholds, exitCode: code };
  writeFileSync(join(dir, 'report.json'), JSON.stringify(report));
  return { world, dir, history, printed: () => world.printed.stdout };
}

function usersOf(records: readonly HistoryRecord[]): Report['users'] {
  const usersWith = (kind: number): number =>
    new Set(records.filter((r) => r.kind === kind && r.code === 0).map((r) => r.user)).size;
  const attempted = usersWith(recordKind.connectDue);
  const thrownOff = usersWith(recordKind.disconnected);
  return { planned: attempted, peak: attempted, attempted, refused: 0, lost: 0, thrownOff };
}

/** What the engine's histograms would have kept of these records. */
function opsOf(records: readonly HistoryRecord[], fewerAcks: number): Record<string, OpSummary> {
  const due = new Map<string, number>();
  for (const r of records) {
    if (r.kind === recordKind.sent) due.set(`${r.user}.${r.n}`, r.atUs);
  }
  const op = (kind: number, us: (r: HistoryRecord) => [number, number], less = 0): OpSummary => {
    const latency = createHistogram();
    const service = createHistogram();
    for (const r of records.filter((one) => one.kind === kind)) {
      const [fromDue, fromSend] = us(r);
      latency.record(fromDue);
      service.record(fromSend);
    }
    return {
      count: latency.count - less,
      errors: 0,
      ratePerSec: 0,
      latencyMs: latency.latencyMs(),
      serviceMs: service.latencyMs(),
    };
  };
  const since = (sender: number, r: HistoryRecord): [number, number] => {
    const us = r.atUs - (due.get(`${sender}.${r.n}`) ?? 0);
    return [us, us - 100];
  };
  return {
    connect: op(recordKind.connected, (r) => [r.value, r.value - r.n]),
    'chat.join': op(recordKind.joined, (r) => [r.n, r.n]),
    'chat.ack': op(recordKind.acked, (r) => since(r.user, r), fewerAcks),
    'chat.delivery': op(recordKind.delivered, (r) => since(r.peer, r)),
  };
}
