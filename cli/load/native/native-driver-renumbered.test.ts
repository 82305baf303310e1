/**
 * A real Redis that keeps nothing is killed under rooms whose members are on two nodes. One node sleeps
 * meanwhile: when it wakes, the others have written on in the new epoch, and it starts each room again
 * at the head it finds. What lies below it passed over, and only who refetches can have it.
 */
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';

import { frontDoor } from '../../../server/testing/front-door.ts';
import { testSecret } from '../../../server/testing/node.ts';
import { startProcess } from '../../../server/testing/process-node.ts';
import { startRedis } from '../../../server/testing/redis.ts';
import { recordKind, type HistoryRecord } from '../../samples/history.ts';
import { recount } from '../../samples/recount.ts';
import type { LedgerSummary } from '../../samples/summary.ts';
import { encodeRecords } from '../../samples/testing/honest-run.ts';
import { ledgerOf } from '../../samples/testing/ledger-of.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { history, start, untilHistory, untilTick } from './testing/load-run.ts';

const users = 12;
/** At least this many messages of each room are passed over by the node that slept. */
const passedOver = 5;

describe('members of a room whose log was lost and begun anew', () => {
  test('with client resume have what their node passed over, however late they had joined', async () => {
    const { records, ledger, lost } = await lostAndBegunAnew('resume', 'SIGCONT');
    const told = renumberedOf(records);
    expect(told.some(({ value }) => value >= passedOver)).toBe(true);
    expect(records.some(({ kind }) => kind === recordKind.resynced)).toBe(true);
    expect(unseen(records)).toEqual([]);
    expect(lost).toEqual([]);
    expect(ledger).toMatchObject({ reordered: 0, dropped: 0 });
  }, 120_000);

  test('with client resume have all of it that come back to it, when the node that slept dies', async () => {
    const { records, ledger, lost } = await lostAndBegunAnew('resume', 'SIGKILL');
    const back = records.filter(({ kind, code }) => kind === recordKind.resumed && code === 1);
    expect(back.length).toBeGreaterThan(0);
    expect(unseen(records)).toEqual([]);
    expect(lost).toEqual([]);
    expect(ledger).toMatchObject({ reordered: 0, dropped: 0, neverBack: 0 });
  }, 120_000);

  test.each([
    { client: 'stock', end: 'SIGCONT' },
    { client: 'retry', end: 'SIGKILL' },
  ] as const)(
    'with client $client refetch nothing: what they were not shown is lost to each ($end)',
    async ({ client, end }) => {
      const { records, ledger, lost } = await lostAndBegunAnew(client, end);
      expect(records.some(({ kind }) => kind === recordKind.resynced)).toBe(false);
      const missed = unseen(records);
      expect(missed.length).toBeGreaterThanOrEqual(passedOver);
      expect(lost).toEqual(missed);
      expect(ledger).toMatchObject({ reordered: 0, dropped: 0 });
    },
    120_000,
  );
});

type Run = {
  readonly records: readonly HistoryRecord[];
  readonly ledger: LedgerSummary;
  /** Of the acked messages that the log of the new epoch holds: one id for each member that lost it. */
  readonly lost: readonly string[];
};

/** @param end what comes to the node that slept. */
async function lostAndBegunAnew(
  client: Scenario['client'],
  end: 'SIGCONT' | 'SIGKILL',
): Promise<Run> {
  const redis = await startRedis();
  const env = { REDIS_URL: redis.url };
  const [awake, asleep] = await Promise.all([startProcess(env), startProcess(env)]);
  const door = await frontDoor([awake.port, asleep.port]);
  const { drive, historyDir } = start(door.url, {
    client,
    secret: testSecret,
    workers: 1,
    // The later half joins rooms in which something was said before.
    stages: [
      { durationMs: 2000, target: users },
      // Until the run is stopped: how long the machine takes for all that follows is not known.
      { durationMs: 60_000, target: users },
    ],
    roomSize: users / 2,
    rate: { kind: 'per-user', perSec: 3 },
    drainMs: 5000,
  });
  await untilTick(drive, ({ t, users: present }) => t >= 3000 && present === users);
  asleep.child.kill('SIGSTOP');
  await redis.kill();
  await redis.startAgain();
  await untilRoomsHold(redis.url, passedOver);
  asleep.child.kill(end);
  await untilHistory(historyDir, allKnow);
  drive.stop();
  const { durationMs } = await drive.result;
  const records = history(historyDir);
  const inLog = new Set(storedOf(records).map(idOf));
  const lost: string[] = [];
  const ledger = ledgerOf({ files: [records], durationMs }, false, ({ id, unstored }) => {
    if (!unstored && inLog.has(id)) lost.push(id);
  });
  const { exceptions: _, ...counts } = ledger;
  const again = recount([encodeRecords(records)], { durationMs, partial: false });
  expect(again.ledger).toEqual(counts);
  return { records, ledger, lost: lost.toSorted() };
}

/** Resolves when both rooms hold that many messages anew. */
async function untilRoomsHold(url: string, count: number): Promise<void> {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await expect
    .poll(
      async () => {
        const logs = await redis.keys('rtops:{*}:log');
        const lengths = await Promise.all(logs.map(async (log) => redis.xlen(log)));
        return lengths.filter((length) => length >= count).length;
      },
      { timeout: 30_000 },
    )
    .toBe(2);
}

/** Whether each user was told that its room is counted anew, or has come back to it. */
function allKnow(records: readonly HistoryRecord[]): boolean {
  const know: readonly number[] = [recordKind.renumbered, recordKind.resumed];
  const told = records.filter(({ kind }) => know.includes(kind));
  return new Set(told.map(({ user }) => user)).size === users;
}

const renumberedOf = (records: readonly HistoryRecord[]): HistoryRecord[] =>
  records.filter(({ kind }) => kind === recordKind.renumbered);
const storedOf = (records: readonly HistoryRecord[]): HistoryRecord[] =>
  records.filter(({ kind }) => kind === recordKind.stored);
const idOf = ({ peer, room, n }: HistoryRecord): string => `${peer}.${room}.${n}`;

/**
 * The acked messages of the log of the new epoch, one id for each member that never had it. Everybody
 * had joined before that log began, so all of it is theirs.
 */
function unseen(records: readonly HistoryRecord[]): string[] {
  const had = new Set(
    records
      .filter(({ kind }) => kind === recordKind.delivered || kind === recordKind.resynced)
      .map((record) => `${record.user} ${idOf(record)}`),
  );
  const acked = new Set(
    records
      .filter(({ kind }) => kind === recordKind.acked)
      .map(({ user, room, n }) => `${user}.${room}.${n}`),
  );
  return records
    .filter(({ kind }) => kind === recordKind.joined)
    .flatMap(({ user, room }) =>
      storedOf(records)
        .filter((message) => message.room === room)
        .map(idOf)
        .filter((id) => acked.has(id) && !had.has(`${user} ${id}`)),
    )
    .toSorted();
}
