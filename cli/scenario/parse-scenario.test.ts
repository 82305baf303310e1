import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { parseScenario } from './parse-scenario.ts';
import type { Scenario } from './scenario.ts';
import { failureOf } from './testing/failure-of.ts';

const oneStage = 'stages: ["10s:100"]\n';

function parse(text: string, env: Record<string, string> = {}): Scenario {
  return parseScenario(text, 'my.yaml', env);
}

function shipped(name: string): Scenario {
  const file = new URL(`../../scenarios/${name}.yaml`, import.meta.url);
  return parseScenario(readFileSync(file, 'utf8'), `${name}.yaml`, {});
}

describe('the shipped scenarios', () => {
  test("chat-1000 is the seed's shape in a minute, with the default thresholds", () => {
    expect(shipped('chat-1000')).toEqual({
      name: 'chat-1000',
      description:
        '1,000 users in rooms of 10, each sending every 2 s, HTTP beside it; one minute.',
      protocol: 'socket.io',
      stages: [
        { durationMs: 10_000, target: 100 },
        { durationMs: 20_000, target: 1000 },
        { durationMs: 20_000, target: 1000 },
        { durationMs: 10_000, target: 0 },
      ],
      rate: { kind: 'per-user', perSec: 0.5 },
      roomSize: 10,
      payloadBytes: 128,
      http: { perSec: 50, path: '/api/v1/rooms', freshShare: 0.2 },
      pollingShare: 0,
      fidelityUsers: 20,
      churnPerMin: 0,
      drainMs: 5000,
      client: 'resume',
      faults: [],
      flood: null,
      thresholds: [
        'chat.ack p95 < 30ms',
        'chat.delivery p95 < 30ms over >= 1000',
        'ledger.lost = 0',
        'ledger.duplicated = 0',
        'ledger.reordered = 0',
        'http p95 < 150ms',
        'errors < 1%',
        'service.cpu max < 70%',
        'service.restarts[*] = 0',
      ],
      seed: 1,
    });
  });

  test('seed-nine-minutes has the stages of the seed in full', () => {
    expect(shipped('seed-nine-minutes').stages).toEqual([
      { durationMs: 120_000, target: 100 },
      { durationMs: 300_000, target: 1000 },
      { durationMs: 120_000, target: 0 },
    ]);
  });
});

describe('a scenario file', () => {
  test('needs only stages; the name is that of the file', () => {
    expect(parse(oneStage)).toMatchObject({ name: 'my', roomSize: 10, payloadBytes: 128, seed: 1 });
  });

  test.each([
    [
      'stages: [{duration: 10s, target: 5}, "1.5m:7"]\nfidelity: 2',
      {
        stages: [
          { durationMs: 10_000, target: 5 },
          { durationMs: 90_000, target: 7 },
        ],
      },
    ],
    [`${oneStage}rate: 1000/s`, { rate: { kind: 'total', perSec: 1000 } }],
    [`${oneStage}rate: 30/min/user`, { rate: { kind: 'per-user', perSec: 0.5 } }],
    [`${oneStage}rooms: {size: 2}`, { roomSize: 2 }],
    [`${oneStage}payload: 1KiB`, { payloadBytes: 1024 }],
    [
      `${oneStage}http: {rate: 0, path: /health, fresh: 5%}`,
      { http: { perSec: 0, path: '/health', freshShare: 0.05 } },
    ],
    [`${oneStage}polling: 10%`, { pollingShare: 0.1 }],
    [`${oneStage}polling: 0.25`, { pollingShare: 0.25 }],
    [`${oneStage}churn: 5%/min`, { churnPerMin: 0.05 }],
    [`${oneStage}drain: 0s`, { drainMs: 0 }],
    ['stages: ["2s:10"]', { fidelityUsers: 5 }],
    ['stages: ["2s:1"]', { fidelityUsers: 0 }],
    ['stages: ["2s:10"]\nfidelity: 8', { fidelityUsers: 8 }],
    [`${oneStage}fidelity: 1 user`, { fidelityUsers: 1 }],
    [`${oneStage}thresholds: []`, { thresholds: [] }],
    [`${oneStage}thresholds: [a, b]`, { thresholds: ['a', 'b'] }],
    ['stages: ["10s:${PEAK:-200}"]', { stages: [{ durationMs: 10_000, target: 200 }] }],
  ])('%j', (text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test('without HTTP or messages has no default threshold on what it does not do', () => {
    expect(parse(`${oneStage}http: {rate: 0}\nrate: 0/s`).thresholds).toEqual([
      'errors < 1%',
      'service.cpu max < 70%',
      'service.restarts[*] = 0',
    ]);
  });
});

describe('a bad scenario file', () => {
  test.each([
    ['rate: 1/s', 'stages is missing; expected a list of at least 1'],
    ['stages: []', 'stages is empty; expected at least one stage'],
    ['stages: ["0s:100"]', 'stages[0] is "0s:100"; expected a stage such as 10s:100'],
    ['stages: ["10s:100", "10:100"]', 'stages[1] is "10:100"; expected a stage such as 10s:100'],
    ['stages: ["10s:-5"]', 'stages[0] is "10s:-5"; expected a stage'],
    ['stages: ["10s:1.5"]', 'stages[0] is "10s:1.5"; expected a stage'],
    ['stages: ["10s:1000001"]', 'stages[0] is "10s:1000001"; expected a stage'],
    ['stages: ["10s:0"]\nfidelity: 0', 'stages never reach a user'],
    ['stages: [{duration: 0s, target: 5}]', 'stages[0].duration is "0s"; expected a duration'],
    [
      'stages: [{duration: 10s, target: -1}]',
      'stages[0].target is -1; expected a whole number from 0 to 1000000',
    ],
    ['stages: [{duration: 10s, taget: 1}]', 'has 2 errors'],
    ['stages: 10s:100', 'stages is "10s:100"; expected a list of at least 1'],
    [`${oneStage}rate: 5`, 'rate is 5; expected a rate such as 1000/s'],
    [`${oneStage}rate: 5/sec/users`, 'rate is "5/sec/users"; expected a rate'],
    [`${oneStage}rate: -1/s`, 'rate is "-1/s"; expected a rate'],
    [`${oneStage}payload: 128`, 'payload is 128; expected a size such as 128B'],
    [`${oneStage}payload: 1B`, 'payload is "1B"; expected a size'],
    [`${oneStage}payload: 17KB`, 'payload is "17KB"; expected a size'],
    [`${oneStage}rooms: {size: 0}`, 'rooms.size is 0; expected a whole number from 1 to 10000'],
    [`${oneStage}room: {size: 1}`, 'unknown key "room"; did you mean "rooms"?'],
    [`${oneStage}polling: 110%`, 'polling is "110%"; expected a share'],
    [`${oneStage}churn: 5%`, 'churn is "5%"; expected a share of the users per minute'],
    [`${oneStage}drain: 5`, 'drain is 5; expected a duration'],
    [
      `${oneStage}http: {rate: 50/s, path: rooms}`,
      'http.path is "rooms"; expected a path that begins with /',
    ],
    [`${oneStage}http: {rate: 50/s, path: "/a b"}`, 'http.path is "/a b"; expected a path'],
    [`${oneStage}fidelity: 200`, 'fidelity asks for more users than the stages bring'],
    [`${oneStage}seed: 1.5`, 'seed is 1.5; expected a whole number from 0 to 4294967295'],
    [`${oneStage}protocol: mqtt`, 'protocol is "mqtt"; expected one of socket.io'],
    [`${oneStage}name: My Test`, 'name is "My Test"; expected a name of small letters'],
    [`${oneStage}rate: \${RATE}`, 'RATE is not set in the environment'],
  ])('%j: %s', (text, message) => {
    const failure = failureOf(() => parse(text));
    expect(failure.code).toBe(104);
    expect(failure.message).toContain(message);
  });

  test('names the place of a threshold that its checker refuses', () => {
    const check = (text: string): string | undefined =>
      text === 'good' ? undefined : `threshold "${text}": no such metric`;
    const act = (): unknown =>
      parseScenario(`${oneStage}thresholds:\n  - good\n  - bad`, 'my.yaml', {}, check);
    expect(failureOf(act).message).toBe('my.yaml:4:5: threshold "bad": no such metric');
    const secret = (): unknown =>
      parseScenario(`${oneStage}thresholds:\n  - $\{T}`, 'my.yaml', { T: 'sesame' }, check);
    expect(failureOf(secret).message).toBe(
      'my.yaml:3:5: thresholds[0] is not a threshold; expected one such as chat.ack p95 < 30ms',
    );
  });
});
