import { describe, expect, test } from 'vitest';

import type { Summary } from '../samples/summary.ts';
import { judge } from './judge.ts';
import { goodSummary, noLedger, op, service } from './testing/good-summary.ts';
import { one } from './testing/judged.ts';
import { parseThreshold } from './threshold.ts';

const ledger = goodSummary.ledger;
const users = goodSummary.users;
const watched = { services: [...goodSummary.services, service('prometheus', 'prometheus', 99)] };

describe('one threshold', () => {
  test.each<[string, Partial<Summary>, string, number | null, string]>([
    [
      'chat.ack p95 < 30ms',
      {},
      'pass',
      4.12,
      'p95 4.12 ms: 25.9 ms left for the network, which loopback hides',
    ],
    ['chat.ack p95 < 4ms', {}, 'fail', 4.12, 'p95 4.12 ms, and < 4 ms was asked'],
    // A figure that reads like its bound, and is not.
    [
      'chat.ack p95 < 30ms',
      { ops: { 'chat.ack': op(100, 30.04) } },
      'fail',
      30.04,
      'p95 30.04 ms, and < 30 ms was asked',
    ],
    [
      'chat.ack p95 < 150ms',
      { ops: { 'chat.ack': op(100, 149.96) } },
      'pass',
      149.96,
      'p95 149.96 ms: 0.04 ms left',
    ],
    [
      'chat.ack p95 < 30ms',
      { ops: { 'chat.ack': op(100, 30) } },
      'fail',
      30,
      'p95 30 ms, and < 30 ms was asked',
    ],
    ['chat.ack p95 < 1us', {}, 'fail', 4.12, 'p95 4.12 ms, and < 0.001 ms was asked'],
    ['chat.ack p95 > 4ms', {}, 'pass', 4.12, 'p95 4.12 ms, of > 4 ms asked'],
    ['chat.ack p50 <= 2.06ms', {}, 'pass', 2.06, 'p50 2.06 ms: 0 ms left for the network'],
    ['chat.ack p50 < 2.06ms', {}, 'fail', 2.06, 'p50 2.06 ms, and < 2.06 ms was asked'],
    ['chat.ack p95 < 30ms', { ops: { 'chat.ack': op(20) } }, 'pass', 4.12, 'p95 4.12 ms'],
    [
      'chat.ack p95 < 30ms',
      { ops: { 'chat.ack': op(19) } },
      'no-data',
      4.12,
      '19 chat.ack measured; at least 20 are needed',
    ],
    [
      'chat.ack p95 < 30ms',
      { ops: { 'chat.ack': op(30, 4, 11) }, ledger: { ...ledger, refused: 11 } },
      'no-data',
      4,
      '19 chat.ack measured; at least 20 are needed',
    ],
    // Sends that were never answered were watched in vain, which is a measurement.
    ['chat.ack p95 < 3ms', { ops: { 'chat.ack': op(30, 4, 11) } }, 'fail', 4, 'p95 4 ms'],
    ['http p95 < 3ms', { ops: { http: { ...op(30, 4, 30), givenUp: 30 } } }, 'fail', 4, 'p95 4 ms'],
    ['http p95 < 9ms', { ops: { http: op(30, 0, 30) } }, 'no-data', null, 'no http was measured'],
    [
      'chat.ack p95 < 1ms',
      { ops: { 'chat.ack': op(19) } },
      'no-data',
      4.12,
      'at least 20 are needed',
    ],
    [
      'chat.ack p99 < 30ms',
      { ops: { 'chat.ack': op(99) } },
      'no-data',
      8.24,
      'at least 100 are needed',
    ],
    [
      'chat.ack p99.9 < 30ms',
      { ops: { 'chat.ack': op(999) } },
      'no-data',
      12.36,
      'at least 1,000 are needed',
    ],
    ['chat.ack max < 30ms', { ops: { 'chat.ack': op(1) } }, 'pass', 16.48, 'max 16.5 ms'],
    [
      'chat.ack max < 30ms',
      { ops: { 'chat.ack': op(0, 0) } },
      'no-data',
      null,
      'no chat.ack was measured',
    ],
    ['chat.ack p95 < 30ms', { ops: {} }, 'no-data', null, 'this run did no chat.ack'],
    [
      'chat.delivery p95 < 30ms over >= 1000',
      { ops: { 'chat.delivery': op(999) } },
      'no-data',
      4.12,
      'at least 1,000 are needed',
    ],
    [
      'chat.delivery p95 < 30ms over >= 5',
      { ops: { 'chat.delivery': op(10) } },
      'no-data',
      4.12,
      'at least 20 are needed',
    ],
    ['http count > 1000', {}, 'pass', 3000, '3,000'],
    ['http count > 1000', { ops: { http: op(0, 0) } }, 'fail', 0, 'count 0, and > 1,000 was asked'],
    ['http rate >= 100/s', {}, 'fail', 50, 'rate 50/s, and >= 100/s was asked'],
    ['http errors < 1%', { ops: { http: op(100, 5, 2) } }, 'fail', 2, 'errors 2%'],
    ['errors < 1%', {}, 'pass', 0, '0%'],
    [
      'errors < 1%',
      { ops: { connect: op(50, 5, 1), http: op(50, 5, 1), 'chat.delivery': op(9999) } },
      'fail',
      2,
      '2%, and < 1% was asked',
    ],
    [
      'errors < 1%',
      { ops: { 'chat.delivery': op(9999) } },
      'no-data',
      0,
      '0 attempts; at least 1 are needed',
    ],
    ['ledger.lost = 0', {}, 'pass', 0, '0, of = 0 asked'],
    ['ledger.lost = 0', { ledger: { ...ledger, lost: 1 } }, 'fail', 1, '1, and = 0 was asked'],
    [
      'ledger.lost = 0',
      { ledger: noLedger },
      'no-data',
      0,
      '0 deliveries expected; at least 1 are needed',
    ],
    ['ledger.lost = 0', { ledger: { ...noLedger, lost: 2 } }, 'fail', 2, '2, and = 0 was asked'],
    [
      'ledger.lost = 0 over >= 999999',
      { ledger: { ...ledger, lost: 2 } },
      'fail',
      2,
      '2, and = 0 was asked',
    ],
    [
      'ledger.lost = 0',
      { finalRead: { done: false, why: 'it timed out' } },
      'no-data',
      0,
      'the log was not read at the end (it timed out)',
    ],
    [
      'ledger.lost = 0',
      { ledger: { ...ledger, lost: 1 }, finalRead: { done: false, why: null } },
      'fail',
      1,
      '1, and = 0 was asked',
    ],
    [
      'ledger.duplicated = 0',
      { finalRead: { done: false, why: null } },
      'pass',
      0,
      '0, of = 0 asked',
    ],
    [
      'ledger.indeterminate < 5',
      { ledger: { ...ledger, indeterminate: 5 } },
      'fail',
      5,
      '5, and < 5',
    ],
    ['ledger.delivered >= 1000', {}, 'pass', 170_000, '170,000'],
    ['users.refused = 0', {}, 'pass', 0, '0'],
    ['users.lost < 3', { users: { ...users, lost: 3 } }, 'fail', 3, '3, and < 3 was asked'],
    [
      'users.refused = 0',
      { users: { ...users, planned: 0, attempted: 0 } },
      'no-data',
      0,
      'at least 1 are needed',
    ],
    ['service.cpu max < 70%', {}, 'pass', 43, 'ws-2: max 43%'],
    ['service.cpu max < 40%', {}, 'fail', 43, 'ws-2: max 43%, and < 40% was asked'],
    ['service.cpu avg < 70%', {}, 'pass', 21.5, 'ws-2'],
    ['service.cpu[ws-1] max < 70%', {}, 'pass', 40, 'ws-1'],
    ['service.cpu[api] max < 70%', {}, 'pass', 15, 'api-1'],
    ['service.cpu[redis] max < 9%', {}, 'fail', 10, 'redis: max 10%'],
    ['service.cpu[*] max < 70%', {}, 'pass', 43, 'ws-2'],
    // Those that only watch are asked for by name.
    ['service.cpu[*] max < 70%', watched, 'pass', 43, 'ws-2'],
    ['service.cpu max < 70%', watched, 'pass', 43, 'ws-2'],
    ['service.cpu[prometheus] max < 70%', watched, 'fail', 99, 'prometheus'],
    [
      'service.cpu[ws-9] max < 70%',
      {},
      'no-data',
      null,
      'no service is called ws-9; there are nginx, redis, api-1, ws-1, ws-2',
    ],
    ['service.cpu max < 70%', { services: [] }, 'no-data', null, 'no service was read'],
    ['service.loopLag[nginx] max < 5ms', {}, 'no-data', null, 'nginx did not report it'],
    ['service.loopLag max < 50ms', {}, 'pass', 12, 'of < 50 ms asked'],
    ['service.restarts = 0', {}, 'pass', 0, '0'],
    ['generator.lateSends < 1%', {}, 'pass', 0.05, '0.05%'],
    ['generator.lateSends < 1%', { holdSends: 0 }, 'no-data', 0, 'sends in hold stages'],
    ['generator.loopLag max < 50ms', {}, 'pass', 20, 'max 20 ms'],
  ])('%s with %o: %s', (text, change, verdict, observed, why) => {
    const result = one(text, change);
    expect(result.verdict).toBe(verdict);
    const near: unknown = expect.closeTo(observed ?? 0, 6);
    expect(result.observed).toEqual(observed === null ? null : near);
    expect(result.why).toContain(why);
  });

  test('off loopback says nothing of a network that was measured', () => {
    const far = judge(goodSummary, [parseThreshold('chat.ack p95 < 30ms')], {
      cores: 4,
      loopback: false,
    });
    expect(far.thresholds[0]?.why).toBe('p95 4.12 ms, of < 30 ms asked');
  });

  test('has the fields of report.json', () => {
    expect(one('service.cpu[ws] max < 70%')).toEqual({
      text: 'service.cpu[ws] max < 70%',
      metric: 'service.cpu[ws] max',
      observed: 43,
      bound: 70,
      unit: '%',
      samples: 2,
      verdict: 'pass',
      why: 'ws-2: max 43%, of < 70% asked',
    });
  });
});
