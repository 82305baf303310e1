import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { Failure } from '../failure.ts';
import { parseTopology } from './parse-topology.ts';
import { scaleSettings } from './settings.ts';
import type { Topology } from './topology.ts';

function shipped(name: string, settings: readonly string[] = []): Topology {
  const file = new URL(`../../scenarios/topologies/${name}.yaml`, import.meta.url);
  return parseTopology(readFileSync(file, 'utf8'), `${name}.yaml`, {}, settings);
}

function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('there was no failure');
}

describe('the shipped topologies', () => {
  test('single is one server with everything in memory', () => {
    expect(shipped('single')).toEqual({
      name: 'single',
      description: 'One server, API and chat on one port, rooms and messages in memory.',
      messagePath: 'log',
      all: { count: 1, cores: null },
      api: null,
      ws: null,
      proxy: null,
      redis: null,
      server: {
        pingIntervalMs: 25_000,
        pingTimeoutMs: 60_000,
        rateLimit: null,
        maxConnections: null,
        corsOrigins: [],
        sabotage: null,
        faults: false,
        traceSample: 0.01,
      },
      restart: { policy: 'always', delayMs: 500, maxRetries: 10 },
      chaos: false,
      monitoring: false,
      alerts: { connections: 5000 },
      ports: { prometheus: null, alertmanager: null, grafana: null },
    });
  });

  test('split has one API and one chat server behind nginx, and Redis', () => {
    expect(shipped('split')).toMatchObject({
      all: null,
      api: { count: 1 },
      ws: { count: 1 },
      proxy: { workers: 2 },
      redis: { durability: 'always' },
    });
  });

  test('scaled has two of each, sticky by cookie, Redis synced at every write', () => {
    expect(shipped('scaled')).toMatchObject({
      all: null,
      api: { count: 2 },
      ws: { count: 2 },
      proxy: { workers: 2, ws: { balance: 'cookie' }, api: { balance: 'round_robin' } },
      redis: { durability: 'always' },
    });
  });

  test.each(['single', 'split', 'scaled'])('%s sabotages nothing', (name) => {
    expect(shipped(name).server.sabotage).toBeNull();
  });
});

describe('rules between fields', () => {
  test.each([
    ['all: {count: 1}\nws: {count: 1}', 'all stands beside api or ws'],
    ['ws: {count: 1}', 'api is missing'],
    ['api: {count: 1}', 'ws is missing'],
    ['description: nothing', 'all, or api and ws, is missing'],
    ['all: {count: 2}\nproxy: {}', 'several server processes need redis'],
    ['all: {count: 2}\nredis: {}', 'several server processes need proxy'],
    ['api: {}\nws: {}\nproxy: {}', 'several server processes need redis'],
    ['api: {}\nws: {}\nredis: {}', 'several server processes need proxy'],
    ['messagePath: adapter\napi: {}\nws: {}\nproxy: {}', 'several server processes need redis'],
  ])('%j is refused: %s', (text, message) => {
    const failure = failureOf(() => parseTopology(text, 'my.yaml', {}, []));
    expect(failure.code).toBe(104);
    expect(failure.message).toContain(message);
    expect(failure.message).toMatch(/^my\.yaml:\d+:\d+: /);
  });

  test.each([
    'all: {}',
    'all: {count: 2}\nproxy: {}\nredis: {}',
    'api: {}\nws: {}\nproxy: {}\nredis: {}',
  ])('%j stands: the negative control', (text) => {
    expect(parseTopology(text, 'dir/my-own.yml', {}, []).name).toBe('my-own');
  });
});

describe('--set', () => {
  test.each([
    ['ws.count=4', { ws: { count: 4, cores: null } }],
    ['ws.cores=[0, 1]', { ws: { count: 2, cores: [0, 1] } }],
    ['proxy.ws.balance=ip_hash', { proxy: { workers: 2, ws: { balance: 'ip_hash' } } }],
    ['server.rateLimit=20/10s', { server: { rateLimit: { count: 20, perMs: 10_000 } } }],
    ['server.rateLimit=5/s', { server: { rateLimit: { count: 5, perMs: 1000 } } }],
    ['server.rateLimit=off', { server: { rateLimit: null } }],
    ['server.pingInterval=2s', { server: { pingIntervalMs: 2000, pingTimeoutMs: 60_000 } }],
    ['server.maxConnections=100', { server: { maxConnections: 100 } }],
    ['server.sabotage=drop', { server: { sabotage: 'drop' } }],
    ['redis.durability=memory', { redis: { durability: 'memory' } }],
    ['restart.policy=no', { restart: { policy: 'no' } }],
    ['messagePath=adapter', { messagePath: 'adapter' }],
    ['name=mine', { name: 'mine' }],
  ])('%s', (setting, expected) => {
    expect(shipped('scaled', [setting])).toMatchObject(expected);
  });

  test('a later one wins, and several make a new shape together', () => {
    expect(shipped('scaled', ['ws.count=3', 'ws.count=5']).ws?.count).toBe(5);
    const all = shipped('scaled', ['api=null', 'ws=null', 'all.count=2']);
    expect(all).toMatchObject({ all: { count: 2 }, api: null, ws: null });
  });

  test.each([
    ['ws.cout=4', 'unknown key "cout" in ws; did you mean "count"?'],
    ['wss.count=4', 'unknown key "wss"; did you mean "ws"?'],
    ['ws.count=many', 'ws.count is "many"; expected a whole number from 1 to 64'],
    ['ws.count=0', 'ws.count is 0; expected a whole number from 1 to 64'],
    ['ws.count=65', 'ws.count is 65; expected a whole number from 1 to 64'],
    ['ws=4', 'ws is 4; expected a map with count, cores or null'],
    ['ws.count', 'expected key=value'],
    ['=4', 'expected key=value'],
    ['__proto__.x=4', 'expected key=value'],
    ['ws.cores=[0', 'a value that begins with [ is a list'],
    ['server.rateLimit=20', 'server.rateLimit is 20; expected a limit such as 20/10s'],
    ['server.pingInterval=25', 'server.pingInterval is 25; expected a duration with its unit'],
    ['redis=null', 'several server processes need redis'],
    ['proxy=null', 'several server processes need proxy'],
    ['ws=null', 'ws is missing; expected either all, or api and ws together'],
  ])('%s is a usage error: %s', (setting, why) => {
    const failure = failureOf(() => shipped('scaled', [setting]));
    expect(failure.code).toBe(2);
    expect(failure.message).toContain(`--set ${setting}`);
    expect(failure.why).toContain(why);
  });

  test('a value that breaks two rules which are one to people is complained of once', () => {
    const failure = failureOf(() => shipped('scaled', ['alerts.connections=1e99']));
    expect(failure.why).toBe(
      'alerts.connections is 1e+99; expected a whole number from 1 to 100000000',
    );
  });

  test('an error of the file comes before one of the setting', () => {
    const act = (): unknown => parseTopology('al: {}', 'my.yaml', {}, ['ws.cout=4']);
    expect(failureOf(act).code).toBe(104);
  });
});

describe('--scale', () => {
  test('names services as ps does', () => {
    expect(scaleSettings(['ws=4', 'api=3', 'server=2'])).toEqual([
      'ws.count=4',
      'api.count=3',
      'all.count=2',
    ]);
  });

  test.each([
    ['wss=4', 'did you mean "ws"?'],
    ['nginx=2', 'there is one nginx'],
    ['redis=2', 'there is one redis'],
    ['ws', 'expected service=number'],
    ['ws=x', 'expected service=number'],
    ['ws=-1', 'expected service=number'],
    ['constructor=2', 'no service is called "constructor"'],
  ])('%s is a usage error: %s', (scale, why) => {
    const failure = failureOf(() => scaleSettings([scale]));
    expect(failure.code).toBe(2);
    expect(failure.why).toContain(why);
  });

  test('too many is refused by the topology: the range is in one place', () => {
    expect(failureOf(() => shipped('scaled', scaleSettings(['ws=0']))).why).toContain(
      'from 1 to 64',
    );
  });
});
