import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { recordKind } from '../samples/history.ts';
import type { HistoryRecord } from '../samples/history.ts';
import type { LossFacts } from '../samples/ledger.ts';
import { failoverRun, killWindow } from '../samples/testing/failover-run.ts';
import { encodeRecords } from '../samples/testing/honest-run.ts';
import { ledgerFromFiles } from './history-files.ts';
import { impactFromFiles } from './impact-files.ts';

const shape = {
  ...{ users: 100, onNode: 50, killAtMs: 20_000, endMs: 40_000 },
  backoffMs: (user: number) => 500 + user * 20,
};
const run = { runId: 'run', durationMs: 45_000, partial: false };

/** The records as the files of several workers, each with whole users, the last one cut short. */
function historyDir(records: readonly HistoryRecord[], workers: number): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-impact-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (let worker = 0; worker < workers; worker++) {
    const own = records.filter(({ user }) => user % workers === worker);
    writeFileSync(join(dir, `worker-${worker}.bin`), encodeRecords(own));
  }
  writeFileSync(join(dir, 'worker-z.bin'), new Uint8Array(7));
  return dir;
}

async function read(dir: string) {
  const losses: LossFacts[] = [];
  const ledger = await ledgerFromFiles(dir, { ...run, onLoss: (loss) => losses.push(loss) });
  const impact = await impactFromFiles(dir, {
    ...{ runId: run.runId, durationMs: run.durationMs, losses, clients: 100 },
    stages: [
      { untilMs: 5000, target: 100 },
      { untilMs: 40_000, target: 100 },
    ],
    windows: [killWindow(20_000)],
  });
  return { ledger, losses, impact };
}

test('the impact does not depend on how users were spread over workers', async () => {
  const one = await read(historyDir(failoverRun(shape), 1));
  const three = await read(historyDir(failoverRun(shape), 3));
  expect(one.impact.faults[0]).toMatchObject({ affected: 50, neverResumed: 0, bit: true });
  expect(three.impact).toEqual(one.impact);
});

test('a message that was acked in the fault and is not in the log is a loss of that fault', async () => {
  const records = failoverRun(shape);
  const lost = records.find(
    ({ kind, atUs, room }) => kind === recordKind.acked && atUs > 21_000_000 && room === 9,
  );
  if (lost === undefined) throw new Error('somebody was acked after the kill');
  const stored = records.flatMap(({ kind, user, room, n, value, atUs }): HistoryRecord[] =>
    kind === recordKind.acked && room === 9 && !(user === lost.user && n === lost.n)
      ? [{ kind: recordKind.stored, code: 0, user: 0, room, peer: user, n, value, atUs }]
      : [],
  );
  const readDone = {
    ...{ kind: recordKind.readDone, code: 0, user: 0, room: 9, peer: 0, n: 0 },
    ...{ value: 400, atUs: 44_000_000 },
  };
  const { ledger, losses, impact } = await read(historyDir([...records, ...stored, readDone], 2));
  expect(losses.filter((one) => one.unstored)).toEqual([
    { id: `${lost.user}.9.${lost.n}`, atMs: lost.atUs / 1000, unstored: true },
  ]);
  expect(ledger.lost).toBe(losses.length);
  // The simulation brings messages to their senders only: every other member misses each of them.
  const within = losses.filter(({ atMs }) => atMs >= 20_000 && atMs <= 35_000);
  expect(impact.faults[0]?.lostAcked).toBe(new Set(within.map((one) => one.id)).size);
  expect(within.length).toBeLessThan(losses.length);
});

test('a folder that is not there is an error, never an empty impact', async () => {
  await expect(read(join(tmpdir(), 'rtops-no-such-folder'))).rejects.toThrow('ENOENT');
});
