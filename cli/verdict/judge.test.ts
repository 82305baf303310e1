import { describe, expect, test } from 'vitest';

import type { Summary } from '../samples/summary.ts';
import { goodFault, goodImpact } from './testing/good-impact.ts';
import { goodSummary, op, service } from './testing/good-summary.ts';
import { defaults, judged, one } from './testing/judged.ts';

const ledger = goodSummary.ledger;
const generator = goodSummary.generator;
const users = goodSummary.users;

describe('the run', () => {
  test('that met every threshold passes with 0 and no note', () => {
    expect(judged({})).toMatchObject({ verdict: 'pass', exitCode: 0, notes: [] });
  });

  test.each<[string, Partial<Summary>, readonly string[], string, number, string]>([
    ['one threshold failed', {}, ['chat.ack p95 < 1ms', 'errors < 1%'], 'fail', 99, ''],
    ['one had no data', { services: [] }, defaults, 'no-data', 122, ''],
    [
      'fail beats no-data',
      { services: [] },
      ['service.cpu max < 70%', 'chat.ack p95 < 1ms'],
      'fail',
      99,
      '',
    ],
    [
      'there is no threshold',
      {},
      [],
      'no-data',
      122,
      'there is no threshold to hold the run against',
    ],
    [
      'users were refused',
      { users: { ...users, refused: 3 } },
      defaults,
      'fail',
      99,
      'the system refused 3 users of 1,000',
    ],
    [
      'users were refused and nothing was asked',
      { users: { ...users, refused: 1 } },
      [],
      'fail',
      99,
      'the system refused 1 user of 1,000',
    ],
    [
      'users were lost',
      { users: { ...users, lost: 1 } },
      defaults,
      'fail',
      99,
      'the system lost 1 user',
    ],
    [
      'sends were late',
      { generator: { ...generator, lateSends: 101 } },
      defaults,
      'no-data',
      122,
      '101 of 10,000 sends (1.0%) left more than 50 ms after they were due',
    ],
    [
      'late sends are no failure of the system',
      { generator: { ...generator, lateSends: 500 } },
      ['chat.ack p95 < 1ms'],
      'no-data',
      122,
      'the load generator was saturated',
    ],
    [
      'nor are users that a starved generator lost',
      { generator: { ...generator, lateSends: 500 }, users: { ...users, lost: 9 } },
      defaults,
      'no-data',
      122,
      'the load generator was saturated',
    ],
    [
      'but a service that ended did end, however late the generator was',
      {
        generator: { ...generator, lateSends: 500 },
        services: goodSummary.services.map((one) => ({
          ...one,
          restarts: one.name === 'ws-2' ? 1 : 0,
        })),
      },
      ['service.restarts[*] = 0'],
      'fail',
      99,
      'the load generator was saturated',
    ],
    [
      'the generator was starved',
      { generator: { ...generator, saturated: true } },
      defaults,
      'no-data',
      122,
      'its 2 workers stood ready without getting a core',
    ],
    [
      'a load worker was killed: its reason comes first, before the users it did not bring',
      {
        users: { ...users, attempted: 412 },
        generator: { ...generator, endedWorkers: ['load worker 1 ended (SIGKILL)'] },
      },
      defaults,
      'no-data',
      122,
      'load worker 1 ended (SIGKILL): the load was not brought',
    ],
    [
      'users were never attempted',
      { users: { ...users, attempted: 412 }, generator: { ...generator, saturated: true } },
      defaults,
      'no-data',
      122,
      'only 412 of 1,000 planned users were ever attempted',
    ],
    [
      'it was cut short',
      { partial: true, users: { ...users, attempted: 412 } },
      defaults,
      'no-data',
      122,
      'the run was cut short',
    ],
    [
      'it was cut short after a failure',
      { partial: true, ledger: { ...ledger, lost: 1 } },
      defaults,
      'fail',
      99,
      'the run was cut short',
    ],
    [
      'the log was not read',
      { finalRead: { done: false, why: 'the reader was refused' } },
      defaults,
      'no-data',
      122,
      'the log was not read at the end: the reader was refused',
    ],
  ])('%s', (_, change, texts, verdict, code, note) => {
    const judgement = judged(change, texts);
    expect(judgement).toMatchObject({ verdict, exitCode: code });
    expect(judgement.notes.join('\n')).toContain(note);
  });

  test('of which a worker took its share away has nothing to pass, and no latency to judge', () => {
    const { thresholds } = judged(
      { generator: { ...generator, endedWorkers: ['load worker 1 ended (SIGKILL)'] } },
      ['chat.ack p95 < 30ms', 'chat.ack p95 < 1ms', 'errors < 1%'],
    );
    expect(thresholds.map(({ verdict }) => verdict)).toEqual(['no-data', 'no-data', 'no-data']);
    for (const { why } of thresholds) expect(why).toContain('load worker 1 ended (SIGKILL)');
  });

  test('with as many late sends as are allowed is valid: the negative control', () => {
    expect(judged({ generator: { ...generator, lateSends: 100 } })).toMatchObject({
      verdict: 'pass',
      notes: [],
    });
  });

  test.each<[string, Partial<Summary>, string]>([
    [
      'is not valid',
      { generator: { ...generator, lateSends: 500 } },
      ', but the run is not valid: the load generator was saturated',
    ],
    ['was cut short', { partial: true }, ', but the run was cut short'],
    [
      'had a fault that did not bite',
      { impact: { ...goodImpact, faults: [{ ...goodFault, unfelt: 'pid 812 lives' }] } },
      ', but the faults of this run prove nothing: kill@ws-2 did not bite: pid 812 lives',
    ],
  ])('that %s passes no threshold, and shows the figure of each', (_, change, but) => {
    const { thresholds, notes, unproved } = judged(change, ['chat.ack p95 < 30ms', 'errors < 1%']);
    expect(thresholds).toMatchObject([
      { verdict: 'no-data', observed: 4.12 },
      { verdict: 'no-data', observed: 0 },
    ]);
    for (const { why } of thresholds) expect(why).toContain(but);
    expect(thresholds[0]?.why).toMatch(/^p95 4\.12 ms/);
    // Where the notes say it already, a report need not say it at each row.
    expect(notes.some((note) => unproved?.endsWith(note))).toBe(true);
  });

  test('without a verdict for want of samples keeps the passes of its other thresholds', () => {
    const { thresholds, verdict } = judged({ services: [] }, [
      'service.cpu max < 70%',
      'errors < 1%',
    ]);
    expect(verdict).toBe('no-data');
    expect(thresholds.map((row) => row.verdict)).toEqual(['no-data', 'pass']);
  });

  test('that is not valid hides no failure that the wire itself shows', () => {
    const late = { generator: { ...generator, lateSends: 500 } };
    const twice = judged({ ...late, ledger: { ...ledger, duplicated: 2 } }, [
      'ledger.duplicated = 0',
      'chat.ack p95 < 1ms',
      'errors < 1%',
    ]);
    expect(twice).toMatchObject({ verdict: 'fail', exitCode: 99 });
    expect(twice.thresholds.map(({ verdict }) => verdict)).toEqual(['fail', 'no-data', 'no-data']);
    // What did not hold and may be the generator's own doing says so, with its figure.
    expect(twice.thresholds[1]).toMatchObject({ observed: 4.12 });
    expect(twice.thresholds[1]?.why).toMatch(/^p95 4\.12 ms, and < 1 ms was asked, but the run/);
  });
});

describe('a latency that failed on a machine that was not the run’s own', () => {
  const slow = { ops: { ...goodSummary.ops, 'chat.ack': op(10_000, 2026) } };
  const busy = { machine: { cpuPct: { avg: 95, max: 99 }, stealPct: 0 } };
  const bound = 'chat.ack p95 < 30ms';

  test('stays a fail, and says what else there was', () => {
    const row = one(bound, { ...slow, ...busy });
    expect(row.verdict).toBe('fail');
    expect(row.why).toContain('by other processes than the services and the load');
    const { notes } = judged({ ...slow, ...busy }, [bound]);
    expect(notes.join(' ')).toContain('of the latencies that failed: the machine was not');
    const starved = service('ws-1', 'server', 30);
    const waiting = { services: [{ ...starved, waitPct: 35 }] };
    expect(one(bound, { ...slow, ...waiting }).why).toContain('ws-1 stood 35% of the time');
  });

  test('nothing is said of a quiet machine, nor beside what passed or is no latency', () => {
    const quiet = { machine: { cpuPct: { avg: 40, max: 45 }, stealPct: 0 } };
    expect(one(bound, { ...slow, ...quiet }).why).not.toContain('machine');
    expect(judged({ ...slow, ...quiet }, [bound]).notes).toEqual([]);
    expect(one(bound, busy).why).not.toContain('other processes');
    const lost = one('ledger.lost = 0', { ...busy, ledger: { ...ledger, lost: 1 } });
    expect(lost.verdict).toBe('fail');
    expect(lost.why).not.toContain('other processes');
  });
});
