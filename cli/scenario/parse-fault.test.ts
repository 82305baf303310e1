import { describe, expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { faultRules } from './fault-options.ts';
import { faultKinds } from './fault.ts';
import { overrideScenario } from './override-scenario.ts';
import { faultTiming, parseFault, parseFlood } from './parse-fault.ts';
import { parseScenario } from './parse-scenario.ts';
import { parseScenarioFlags } from './scenario-flags.ts';
import { failureOf } from './testing/failure-of.ts';

describe('a fault as written', () => {
  test.each([
    ['kill@ws-2,at=20s,for=10s', { kind: 'kill', node: 'ws-2', atMs: 20_000, forMs: 10_000 }],
    ['kill@ws-2,at=20s', { kind: 'kill', atMs: 20_000, forMs: null }],
    [' pause@redis , for=2s , at=1.5s ', { kind: 'pause', atMs: 1500, forMs: 2000 }],
    ['reload@nginx,at=5s,every=5s,for=60s', { forMs: 60_000, options: { every: 5000 } }],
    ['reload@nginx,at=5s', { forMs: null, options: {} }],
    ['power-loss@redis,at=1s,lose=2s', { options: { lose: 2000 } }],
    ['slow-fsync@redis,at=1s,for=5s,delay=300ms', { options: { delay: 300 } }],
    [
      'latency@nginx-ws-1,at=5s,for=10s,delay=200ms,jitter=50ms',
      { node: 'nginx-ws-1', options: { delay: 200, jitter: 50 } },
    ],
    ['rate@client-nginx,at=0s,for=1s,rate=64KB/s', { atMs: 0, options: { rate: 64_000 } }],
    ['blackhole@ws-1,at=1s,for=1s,direction=up', { options: { direction: 'up' } }],
    ['cut@ws-1,bytes=1KB,direction=down', { options: { bytes: 1000, direction: 'down' } }],
    ['cut@ws-1-redis,at=1s,for=1s,bytes=1KiB', { options: { bytes: 1024 } }],
  ])('%s', (text, expected) => {
    expect(parseFault(text)).toMatchObject({ text, ...expected });
  });

  test.each([
    ['kil@ws-2,at=1s', /"kil" is no fault.*did you mean "kill"\?/],
    ['kill', /expected kill@NODE, such as kill@ws-1/],
    ['kill@', /expected kill@NODE/],
    ['kill@WS 2', /expected kill@NODE/],
    ['kill@ws-2,at=20', /at=20 cannot be used.*with its unit/],
    ['kill@ws-2,at=-1s', /at=-1s cannot be used/],
    ['kill@ws-2,for=0s', /for=0s cannot be used/],
    ['kill@ws-2,for=2h', /for=2h cannot be used.*at most 3600 s/],
    ['kill@ws-2,fro=2s', /"fro" is no option of kill; expected at, for.*did you mean "for"\?/],
    ['kill@ws-2,delay=2s', /"delay" is no option of kill/],
    ['kill@ws-2,at=1s,at=2s', /at is given twice/],
    ['kill@ws-2,at', /at has no value/],
    ['kill@ws-2,', /"" is no option/],
    ['client-kill@redis,for=1s', /over at once and takes no for=/],
    ['restart@ws-1', /done to redis only; expected restart@redis/],
    ['reload@ws-1', /done to nginx only/],
    ['block@redis', /done to a server/],
    ['slow-fsync@redis', /delay= is missing/],
    ['latency@ws-1,delay=fast', /delay=fast cannot be used; expected a time/],
    ['blackhole@ws-1,direction=left', /direction=left cannot be used; expected both, up/],
    ['cut@ws-1,bytes=64KB/s', /bytes=64KB\/s cannot be used/],
    ['', /"" is no fault/],
  ])('%s is refused with the part that is wrong', (text, why) => {
    const failure = failureOf(() => parseFault(text));
    expect(failure.code).toBe(exitCode.usage);
    expect(failure.why).toMatch(why);
  });

  test('every kind has a rule, and a text of it can be written', () => {
    for (const kind of faultKinds) {
      const rule = faultRules[kind];
      const node = rule.where === 'nginx' ? 'nginx' : rule.where === 'redis' ? 'redis' : 'ws-1';
      const options = Object.entries(rule.options)
        .filter(([, { required }]) => required)
        .map(([name]) => `,${name}=${name === 'delay' ? '1s' : '1KB'}`);
      const fault = parseFault(`${kind}@${node}${options.join('')}`);
      expect(fault.forMs === null).toBe(rule.lasts !== 'must');
    }
  });
});

describe('times left out come from the stages', () => {
  test('a quarter into the longest hold, for a quarter of it', () => {
    const stages = [
      { durationMs: 5000, target: 100 },
      { durationMs: 4000, target: 100 },
      { durationMs: 1000, target: 200 },
      { durationMs: 40_000, target: 200 },
    ];
    expect(faultTiming(stages)).toEqual({ atMs: 20_000, forMs: 10_000 });
    // Nobody is there in this hold.
    expect(faultTiming([{ durationMs: 8000, target: 0 }])).toEqual({ atMs: 2000, forMs: 2000 });
  });
});

describe('in a scenario', () => {
  const yaml = (more: string) => `stages: ["5s:100", "20s:100"]\n${more}`;
  const parse = (more: string) => parseScenario(yaml(more), 'my.yaml', {});

  test('faults and flood are read', () => {
    const scenario = parse(
      'faults: ["kill@ws-2,at=6s,for=5s", "block@ws-1"]\nflood: http=5000/s\n',
    );
    expect(scenario.faults).toMatchObject([
      { kind: 'kill', atMs: 6000, forMs: 5000 },
      { kind: 'block', atMs: 10_000, forMs: 5000 },
    ]);
    expect(scenario.flood).toEqual({ kind: 'http', perSec: 5000 });
    expect(parse('')).toMatchObject({ faults: [], flood: null });
  });

  test.each([
    ['faults: ["kill@ws-2,at=25s"]\n', 'begins at 25 s, but the stages end at 25 s'],
    ['faults: ["kill@ws-2,at=20s,for=6s"]\n', 'lasts until 26 s'],
    ['faults: ["kill@ws-2,at=20"]\n', 'at=20 cannot be used'],
    ['flood: smtp=5/s\n', 'expected http=RATE'],
  ])('%s is an error of the file, with its line', (more, what) => {
    const failure = failureOf(() => parse(more));
    expect(failure.code).toBe(exitCode.badFile);
    const said = [failure.message, failure.why, ...failure.evidence].join('\n');
    expect(said).toContain(what);
    expect(said).toMatch(/my\.yaml:2/);
  });

  test('the command line puts its faults in place of them, timed by the stages that are run', () => {
    const scenario = parse('faults: ["kill@ws-2,at=6s,for=5s"]\n');
    const overrides = parseScenarioFlags({ fault: ['blackhole@ws-1'], duration: '40s' });
    expect(overrideScenario(scenario, overrides).faults).toMatchObject([
      { kind: 'blackhole', atMs: 15_000, forMs: 10_000 },
    ]);
    expect(overrideScenario(scenario, {}).faults).toEqual(scenario.faults);
    expect(overrideScenario(scenario, parseScenarioFlags({ flood: 'chat=2/s' })).flood).toEqual({
      kind: 'chat',
      perSec: 2,
    });
    const short = failureOf(() => overrideScenario(scenario, { durationMs: 3000 }));
    expect(short.code).toBe(exitCode.usage);
    expect(short.why).toContain('lasts until 11 s');
    // Nobody typed it: where it comes from is said, and what to do.
    expect(short.message).toBe('the faults of the scenario my do not fit these stages');
    expect(short.next).toContain('--fault');
    const typed = failureOf(() =>
      overrideScenario(scenario, { durationMs: 3000, faults: ['kill@ws-2,at=6s,for=5s'] }),
    );
    expect(typed.message).toContain('"kill@ws-2,at=6s,for=5s"');
  });

  test.each(['http', 'http=0/s', 'http=fast', 'smtp=5/s', ''])(
    'the flood %j is refused',
    (text) => {
      expect(failureOf(() => parseFlood(text)).code).toBe(exitCode.usage);
    },
  );
});
