import { describe, expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { overlapProblem } from './fault-overlap.ts';
import { overrideScenario } from './override-scenario.ts';
import { parseFault } from './parse-fault.ts';
import { parseScenario } from './parse-scenario.ts';
import { failureOf } from './testing/failure-of.ts';

const whyOf = (...texts: readonly string[]) =>
  overlapProblem(texts.map((text) => parseFault(text)))?.why;

describe('faults at the same time', () => {
  test.each([
    [
      'the same twice',
      ['bad-config@nginx,at=6s,for=2s', 'bad-config@nginx,at=7s,for=3s'],
      /^bad-config@nginx,at=6s,for=2s is there until 8 s, and undoing the one would undo/,
    ],
    [
      'whichever is written first',
      ['pause@ws-1,at=7s,for=3s', 'pause@ws-1,at=6s,for=2s'],
      /^pause@ws-1,at=6s,for=2s is there until 8 s/,
    ],
    ['one within the other', ['block@ws-1,at=1s,for=9s', 'block@ws-1,at=3s,for=1s'], /undoing/],
    [
      'a node that is down',
      ['term@ws-1,at=1s,for=9s', 'kill@ws-1,at=3s,for=1s'],
      /ws-1 is down meanwhile/,
    ],
    ['nothing to pause', ['kill@redis,at=1s,for=5s', 'pause@redis,at=2s,for=1s'], /is down/],
    [
      'a start from a broken file',
      ['bad-config@nginx,at=1s,for=5s', 'kill@nginx,at=2s,for=1s'],
      /could not start again/,
    ],
    ['the same moment', ['client-kill@redis,at=1s', 'client-kill@redis,at=1s'], /until 1 s/],
  ])('%s: refused', (_name, texts, why) => {
    expect(whyOf(...texts)).toMatch(why);
  });

  test.each([
    ['one after the other', ['pause@ws-1,at=1s,for=2s', 'pause@ws-1,at=3s,for=2s']],
    ['other nodes', ['kill@ws-1,at=1s,for=5s', 'kill@ws-2,at=2s,for=5s']],
    ['a slow disk, then a crash', ['slow-fsync@redis,at=1s,for=9s,delay=1s', 'kill@redis,at=3s']],
    ['a hung node is killed', ['pause@ws-1,at=1s,for=5s', 'kill@ws-1,at=3s,for=1s']],
    [
      'an edge hurt twice',
      ['latency@ws-1,at=1s,for=5s,delay=1ms', 'latency@ws-1,at=2s,for=5s,delay=9ms'],
    ],
    ['a dead node with a slow edge', ['kill@ws-1,at=1s,for=5s', 'reset@ws-1,at=2s,for=1s']],
  ])('%s: allowed', (_name, texts) => {
    expect(whyOf(...texts)).toBeUndefined();
  });

  test('on the command line it is a usage error, in a file an error of the file with its line', () => {
    const texts = ['pause@ws-1,at=6s,for=5s', 'pause@ws-1,at=7s,for=2s'];
    const yaml = (faults: readonly string[]) =>
      `stages: ["5s:100", "20s:100"]\nfaults: ${JSON.stringify(faults)}\n`;
    const scenario = parseScenario(yaml([]), 'my.yaml', {});
    const typed = failureOf(() => overrideScenario(scenario, { faults: texts }));
    expect(typed.code).toBe(exitCode.usage);
    expect(typed.message).toContain('pause@ws-1,at=7s,for=2s');
    const written = failureOf(() => parseScenario(yaml(texts), 'my.yaml', {}));
    expect(written.code).toBe(exitCode.badFile);
    expect([written.message, ...written.evidence].join('\n')).toMatch(/my\.yaml:2[^]*undoing/);
  });
});
