import { describe, expect, test } from 'vitest';

import type { FaultResult } from '../samples/fault-result.ts';
import type { FaultSummary, LedgerException, Summary } from '../samples/summary.ts';
import { failoverThresholds } from './failover-thresholds.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import { goodFault, goodImpact } from './testing/good-impact.ts';
import { goodSummary, summaryWith } from './testing/good-summary.ts';
import { parseThreshold } from './threshold.ts';

function judged(
  faults: readonly Partial<FaultResult>[],
  texts: readonly string[] = failoverThresholds,
  change: Partial<FaultSummary> = {},
  summary: Partial<Summary> = {},
): Judgement {
  const impact = {
    ...goodImpact,
    faults: faults.map((one) => ({ ...goodFault, ...one })),
    planned: faults.length,
    ...change,
  };
  return judge(summaryWith({ ...summary, impact }), texts.map(parseThreshold), { cores: 4 });
}

test('a failover as it should be passes its default thresholds', () => {
  expect(judged([{}])).toMatchObject({ verdict: 'pass', exitCode: 0, notes: [] });
});

describe('each threshold of a failover can fail', () => {
  test.each<readonly [string, Partial<FaultResult>]>([
    ['fault.neverBack = 0', { neverResumed: 1 }],
    ['fault.lostAcked = 0', { lostAcked: 1 }],
    ['fault.resume p99 < 2s', { resumeMs: { p50: 1, p95: 2, p99: 2000, max: 2001 } }],
    ['fault.resume max < 2s', { resumeMs: { p50: 1, p95: 2, p99: 3, max: 2000 } }],
    ['fault.mttr < 5s', { mttrMs: 5000 }],
    ['fault.mttr < 1m', { mttrMs: null, recoveredAt: null, watchedMs: 30_000 }],
    ['fault.downClientSeconds < 300', { downClientSeconds: 25 }],
  ])('%s', (text, change) => {
    expect(judged([{}], [text]).verdict).toBe('pass');
    expect(judged([{}, change], [text])).toMatchObject({ verdict: 'fail', exitCode: 99 });
  });
});

test('a recovery that was not seen has no figure, and a reason in words', () => {
  const change = { mttrMs: null, recoveredAt: null, watchedMs: 30_000 };
  const [row] = judged([{}, change], ['fault.mttr < 5s']).thresholds;
  expect(row).toMatchObject({ verdict: 'fail', observed: null });
  expect(row?.why).toContain('not seen to end, and < 5,000 ms was asked');
});

describe('a selector picks faults by node, kind, both, or pool', () => {
  const slow = { node: 'ws-1', kind: 'term', mttrMs: 9000 };
  test.each([
    ['fault.mttr < 5s', 'fail'],
    ['fault.mttr[*] < 5s', 'fail'],
    ['fault.mttr[ws-1] < 5s', 'fail'],
    ['fault.mttr[ws] < 5s', 'fail'],
    ['fault.mttr[term] < 5s', 'fail'],
    ['fault.mttr[term@ws-1] < 5s', 'fail'],
    ['fault.mttr[ws-2] < 5s', 'pass'],
    ['fault.mttr[kill] < 5s', 'pass'],
    ['fault.mttr[redis] < 5s', 'no-data'],
  ])('%s: %s', (text, verdict) => {
    expect(judged([{}, slow], [text]).verdict).toBe(verdict);
  });

  test('one that picks none says which there are', () => {
    const [row] = judged([{}, slow], ['fault.mttr[redis] < 5s']).thresholds;
    expect(row?.why).toBe('no fault is called redis; there are kill@ws-2, term@ws-1');
  });
});

test('a recovery that could not be seen is no data, not a fail', () => {
  const cut = { mttrMs: null, recoveredAt: null, at: 20_000, until: 30_000, watchedMs: 10_500 };
  expect(judged([cut], ['fault.mttr < 5s'])).toMatchObject({ verdict: 'no-data', exitCode: 122 });
});

test('one recovery that could not be seen hides no other that was too slow, and lets none pass', () => {
  const cut = { mttrMs: null, recoveredAt: null, at: 20_000, until: 30_000, watchedMs: 10_500 };
  const [slow] = judged([{ mttrMs: 9000 }, cut], ['fault.mttr < 5s']).thresholds;
  expect(slow).toMatchObject({ verdict: 'fail', observed: 9000 });
  const [quick] = judged([{}, cut], ['fault.mttr < 5s']).thresholds;
  expect(quick).toMatchObject({
    ...{ verdict: 'no-data', samples: 1 },
    why: '1 recovery seen (the run ended, or the next fault came, too soon after kill@ws-2); at least 2 are needed',
  });
});

test('nobody was hit, and nobody had to be: that is a pass', () => {
  const unnoticed = {
    ...{ node: 'api-1', clientsOnNode: 0, affected: 0, downClientSeconds: 0, mttrMs: 0 },
    resumeMs: { p50: 0, p95: 0, p99: 0, max: 0 },
  };
  expect(judged([unnoticed])).toMatchObject({ verdict: 'pass' });
  const [row] = judged([unnoticed], ['fault.resume p99 < 2s']).thresholds;
  expect(row).toMatchObject({
    ...{ verdict: 'pass', observed: null, samples: 0 },
    why: 'nobody lost the connection, so nobody had to come back',
  });
  // Who asks for samples has none.
  const [asked] = judged([unnoticed], ['fault.resume p99 < 2s over >= 100']).thresholds;
  expect(asked?.verdict).toBe('no-data');
});

test('all were thrown off and none came back: no p99 of nobody, but a fail', () => {
  const gone = { neverResumed: 251, resumeMs: { p50: 0, p95: 0, p99: 0, max: 0 } };
  const [row] = judged([gone], ['fault.resume p99 < 2s']).thresholds;
  expect(row).toMatchObject({ verdict: 'fail', observed: null });
});

test.each([
  { neverResumed: 2, statistic: 'p99', verdict: 'pass' },
  { neverResumed: 3, statistic: 'p99', verdict: 'fail' },
  { neverResumed: 3, statistic: 'p95', verdict: 'pass' },
  { neverResumed: 100, statistic: 'p95', verdict: 'fail' },
  { neverResumed: 100, statistic: 'p50', verdict: 'pass' },
  { neverResumed: 1, statistic: 'max', verdict: 'fail' },
])('$neverResumed of 251 never came back, and $statistic counts them: $verdict', (one) => {
  const { neverResumed, statistic, verdict } = one;
  const [row] = judged([{ neverResumed }], [`fault.resume ${statistic} < 2s`]).thresholds;
  expect(row?.verdict).toBe(verdict);
  expect(row?.observed === null).toBe(verdict === 'fail');
});

test.each([
  { affected: 99, statistic: 'p99', aside: true },
  { affected: 100, statistic: 'p99', aside: false },
  { affected: 19, statistic: 'p95', aside: true },
  { affected: 20, statistic: 'p95', aside: false },
])('$statistic of $affected clients: its slowest: $aside', ({ affected, statistic, aside }) => {
  const [row] = judged([{ affected }], [`fault.resume ${statistic} < 2s`]).thresholds;
  expect(row?.verdict).toBe('pass');
  expect(row?.why.includes(`the slowest of ${affected} clients`)).toBe(aside);
});

test('a threshold on faults in a run without any has no data', () => {
  const judgement = judge(summaryWith({}), [parseThreshold('fault.mttr < 5s')], { cores: 4 });
  expect(judgement).toMatchObject({ verdict: 'no-data', exitCode: 122 });
  expect(judgement.thresholds[0]?.why).toBe('this run had no fault');
});

describe('a run whose faults prove nothing never passes', () => {
  const steady = goodImpact.baseline;
  test.each<readonly [string, () => Judgement, string]>([
    [
      'a fault did not bite',
      () => judged([{ bit: false, unfelt: 'pid 812 lives' }]),
      'kill@ws-2 did not bite: pid 812 lives',
    ],
    [
      'one of two was not done',
      () => judged([{}], failoverThresholds, { planned: 2 }),
      'only 1 of 2 faults were done',
    ],
    [
      'nothing was due',
      () => judged([{ due: 0, acked: 0 }]),
      'no message was due during kill@ws-2',
    ],
    [
      'nothing was acked',
      () => judged([{ acked: 0, ackedWithin: 0 }]),
      'nothing was acked during kill@ws-2 or in the 10 s after it',
    ],
    [
      'nothing was acked while it was there, nor later what was due then',
      () => judged([{ ackedWithin: 0, answeredWithin: 0, dueWithin: 240 }]),
      'nothing was acked during kill@ws-2, nor later any of the 240 messages',
    ],
    [
      'nobody sent anything while it was there',
      () => judged([{ ackedWithin: 0, answeredWithin: 0, dueWithin: 0 }]),
      'no message was due while kill@ws-2 was there',
    ],
    [
      'there was no steady state',
      () =>
        judged([{}], failoverThresholds, { baseline: { ...steady, unsteady: 'acks took 2 s' } }),
      'no steady state: acks took 2 s',
    ],
    [
      'the log was not read',
      () => judged([{}], ['fault.mttr < 5s'], {}, { finalRead: { done: false, why: 'refused' } }),
      'without the final read of the log nothing is proved',
    ],
  ])('%s', (_, run, note) => {
    const judgement = run();
    expect(judgement).toMatchObject({ verdict: 'no-data', exitCode: 122 });
    expect(judgement.notes.join('\n')).toContain(note);
    expect(judgement.thresholds.filter(({ verdict }) => verdict === 'pass')).toEqual([]);
  });

  test('nothing lost of acked messages is no pass of its row where the log was not read', () => {
    const unread = { finalRead: { done: false, why: 'refused' } };
    const row = (lostAcked: number) =>
      judged([{ lostAcked }], ['fault.lostAcked = 0'], {}, unread).thresholds[0];
    expect(row(0)).toMatchObject({ verdict: 'no-data' });
    expect(row(0)?.why).toContain('the log was not read at the end (refused)');
    expect(row(1)).toMatchObject({ verdict: 'fail' });
  });

  test.each<readonly [string, Partial<FaultResult>]>([
    ['with Redis dead nothing can be acked, but what was due went through it', { ackedWithin: 0 }],
    [
      'a fault of an instant may fall between two messages',
      { until: 20_400, ackedWithin: 0, answeredWithin: 0, dueWithin: 0 },
    ],
  ])('%s: valid', (_, change) => {
    expect(judged([change])).toMatchObject({ verdict: 'pass', notes: [] });
  });

  test.each([
    ['fault.lostAcked = 0', 3, 'fail'],
    ['fault.lostAcked[redis] = 0', 3, 'fail'],
    ['fault.lostAcked[power-loss@redis] = 0', 3, 'fail'],
    // Three are not in the log; of the others a late generator may only not have read the frame.
    ['fault.lostAcked < 3', 3, 'fail'],
    ['fault.lostAcked < 4', 3, 'no-data'],
    ['fault.lostAcked[ws-2] = 0', 3, 'no-data'],
    ['fault.lostAcked = 0', 0, 'no-data'],
    ['ledger.lost < 3', 3, 'fail'],
    ['ledger.lost < 4', 3, 'no-data'],
    // More than have names.
    ['ledger.lost < 150', 100, 'fail'],
  ] as const)(
    'however late the generator was: %s with %i not in the log: %s',
    (text, n, verdict) => {
      const exceptions = Array.from({ length: n }, (_, i) => ({
        ...{ class: 'unstored', id: `${i}`, room: 'r', seq: i + 1, sender: 'u', recipient: null },
        ...{ atMs: 21_000, fault: 'power-loss@redis' },
      })) satisfies LedgerException[];
      const late = {
        generator: { ...goodSummary.generator, lateSends: 500 },
        ledger: {
          ...goodSummary.ledger,
          expected: 170_000,
          delivered: 169_900,
          lost: Math.max(9, 3 * n),
          exceptions,
        },
      };
      const lost = { kind: 'power-loss', node: 'redis', lostAcked: 5 };
      const faults = [{ lostAcked: 4 }, lost];
      expect(judged(faults, [text], {}, late).thresholds[0]).toMatchObject({ verdict });
    },
  );

  test('but what it disproves stays disproved', () => {
    expect(judged([{ bit: false, unfelt: 'x', lostAcked: 3 }])).toMatchObject({
      verdict: 'fail',
      exitCode: 99,
    });
  });
});
