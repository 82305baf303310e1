import { describe, expect, test } from 'vitest';

import { Failure } from '../failure.ts';
import { metrics } from './metrics.ts';
import { parseThreshold, thresholdProblem } from './threshold.ts';

describe('a threshold', () => {
  test.each([
    ['chat.ack p95 < 30ms', 'chat.ack', 'p95', '<', 30, 'ms'],
    ['http p(95)<150', 'http', 'p95', '<', 150, 'ms'],
    ['http p( 99.9 ) <= 1.5 s', 'http', 'p99.9', '<=', 1500, 'ms'],
    ['connect p999<2s', 'connect', 'p99.9', '<', 2000, 'ms'],
    ['connect med<500us', 'connect', 'p50', '<', 0.5, 'ms'],
    ['connect p(100) < 1m', 'connect', 'max', '<', 60_000, 'ms'],
    ['chat.join p99 < 50ms', 'chat.join', 'p99', '<', 50, 'ms'],
    ['chat.ack max < 250µs', 'chat.ack', 'max', '<', 0.25, 'ms'],
    ['chat.delivery count > 1_000', 'chat.delivery', 'count', '>', 1000, ''],
    ['http rate > 100/s', 'http', 'rate', '>', 100, '/s'],
    ['http rate >= 100', 'http', 'rate', '>=', 100, '/s'],
    ['chat.ack errors < 0.5%', 'chat.ack', 'errors', '<', 0.5, '%'],
    ['errors < 1%', 'errors', '', '<', 1, '%'],
    ['errors = 0', 'errors', '', '=', 0, '%'],
    ['ledger.lost == 0', 'ledger.lost', '', '=', 0, ''],
    ['ledger.delivered != 1,000', 'ledger.delivered', '', '!=', 1000, ''],
    ['users.refused=0', 'users.refused', '', '=', 0, ''],
    ['service.cpu max < 70%', 'service.cpu', 'max', '<', 70, '%'],
    ['service.rss max < 1GB', 'service.rss', 'max', '<', 1024, 'MB'],
    ['service.loopLag max < 50ms', 'service.loopLag', 'max', '<', 50, 'ms'],
    ['service.restarts = 0', 'service.restarts', '', '=', 0, ''],
    ['generator.lateSends < 1%', 'generator.lateSends', '', '<', 1, '%'],
    ['  errors<1%  ', 'errors', '', '<', 1, '%'],
  ])('%j is read', (text, metric, statistic, comparison, bound, unit) => {
    expect(parseThreshold(text)).toEqual({
      text: text.trim(),
      metric,
      selector: null,
      statistic,
      comparison,
      bound,
      unit,
      over: null,
    });
    expect(thresholdProblem(text)).toBeUndefined();
  });

  test.each([
    ['chat.delivery p95 < 30ms over >= 1000', { over: 1000, bound: 30 }],
    ['chat.delivery p95<30ms over>=1,000', { over: 1000, bound: 30 }],
    ['service.cpu[redis] max < 50%', { selector: 'redis' }],
    ['service.cpu [ws-1] avg < 50%', { selector: 'ws-1', statistic: 'avg' }],
    ['service.restarts[*] = 0', { selector: '*' }],
  ])('%j has its parts', (text, parts) => {
    expect(parseThreshold(text)).toMatchObject(parts);
  });

  test('every metric can be written with each of its statistics', () => {
    for (const { name, statistics } of metrics) {
      for (const { name: statistic, unit } of statistics) {
        expect(parseThreshold(`${name} ${statistic} < 5${unit}`)).toMatchObject({
          metric: name,
          statistic,
          bound: 5,
        });
      }
    }
  });
});

describe('what is not a threshold is refused with the word, what is allowed and the nearest name', () => {
  test.each([
    ['chat.ak p95 < 30ms', 'there is no metric "chat.ak"; did you mean chat.ack?'],
    ['chat.ack', 'expected a metric, a statistic, a comparison and a bound'],
    ['chat.ak', 'there is no metric "chat.ak"; did you mean chat.ack?'],
    ['lost = 0', 'there is no metric "lost"; expected one of connect, '],
    ['chat.duplicated = 0', 'did you mean ledger.duplicated?'],
    ['cpu < 3%', 'there is no metric "cpu"'],
    ['constructor < 3', 'there is no metric "constructor"'],
    ['p95 < 30ms', 'there is no metric "p95"'],
    ['< 30ms', 'expected a metric'],
    ['', 'expected a metric'],
    [
      'chat.ack < 30ms',
      'chat.ack needs one of p50, p90, p95, p99, p99.9, max, count, rate, errors',
    ],
    ['chat.ack p97 < 30ms', 'chat.ack has no "p97"; expected one of p50, p90, p95'],
    ['chat.ack avg < 30ms', 'chat.ack has no "avg"; expected one of p50'],
    [
      'service.cpu maxi < 70%',
      'service.cpu has no "maxi"; expected one of max, avg; did you mean max?',
    ],
    ['ledger.lost max = 0', 'ledger.lost takes no statistic, and here is "max"'],
    [
      'chat.ack p95 < 30kg',
      '"kg" is not a unit of chat.ack; expected a number with us, ms, s, m, such as 30ms',
    ],
    ['chat.ack p95 < 30%', '"%" is not a unit of chat.ack'],
    ['chat.ack p95 < 3constructor', '"constructor" is not a unit'],
    ['errors < 0.01', '"0.01" needs a unit: %, such as 1%'],
    ['service.cpu max < 70', '"70" needs a unit: %, such as 1%'],
    ['ledger.lost = 0ms', '"ms" is not a unit of ledger.lost; expected a plain number'],
    ['chat.ack p95 < fast', '"fast" is not a bound of chat.ack'],
    ['chat.ack p95 <', '"" is not a bound of chat.ack'],
    ['chat.ack p95 < NaN', '"NaN" is not a bound'],
    ['chat.ack p95 < -1ms', 'a bound below zero can never matter'],
    ['chat.ack p95 << 30ms', 'is not a bound'],
    ['chat.ack p95 => 30ms', 'is not a bound'],
    [
      'chat.ack p95 < 30ms over 1000',
      'over 1000 is not a number of samples; expected over >= 1000, say',
    ],
    ['chat.ack p95 < 30ms over >= 0', 'over >= 0 is not a number of samples'],
    ['chat.ack p95 < 30ms over >= 5 over >= 6', 'over stands twice'],
    ['chat.ack[ws] p95 < 30ms', 'chat.ack takes no [ws]; only services and faults do'],
    ['service.cpu[] max < 70%', '[] names no service'],
    ['service.cpu[WS 1] max < 70%', '[WS 1] names no service'],
  ])('%j', (text, why) => {
    let thrown: unknown;
    try {
      parseThreshold(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ code: 2 });
    expect((thrown as Failure).why).toContain(why);
    expect(thresholdProblem(text)).toContain(why);
  });
});
