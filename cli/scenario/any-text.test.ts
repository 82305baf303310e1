import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Failure } from '../failure.ts';
import { parseTopology } from '../topology/parse-topology.ts';
import { parseScenario } from './parse-scenario.ts';

const keys = [
  'name',
  'stages',
  'rate',
  'rooms',
  'http',
  'payload',
  'thresholds',
  'seed',
  'all',
  'ws',
];

/** Lines that look like YAML, right and wrong. */
const yamlish = fc
  .array(
    fc.tuple(
      fc.constantFrom('', '  ', '- ', '  - ', '\t'),
      fc.constantFrom(...keys, '__proto__', '?', '&a', '*a', '<<'),
      fc.constantFrom(': ', ':', ' '),
      fc.constantFrom(
        '1',
        '10s:5',
        '["10s:5"]',
        '{size: 2}',
        '${A}',
        '${B:-3}',
        '${',
        '[',
        '"',
        '!!x y',
        '|',
      ),
    ),
    { maxLength: 6 },
  )
  .map((lines) => lines.map((parts) => parts.join('')).join('\n'));

const secret = 'sesame-4711';

describe('any text at all', () => {
  test.each([
    ['scenario', (text: string) => parseScenario(text, 'x.yaml', { A: secret })],
    ['topology', (text: string) => parseTopology(text, 'x.yaml', { A: secret }, [])],
  ])('is a %s, or a bad file that tells no secret', (_, parse) => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), yamlish), (text) => {
        const failure = failureOf(() => parse(text));
        if (failure === undefined) return true;
        const printed = [failure.message, failure.why, ...failure.evidence].join('\n');
        return failure.code === 104 && !printed.includes(secret);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('the secret does reach a file that has a place for it: the negative control', () => {
    const named = parseScenario('stages: ["1s:1"]\ndescription: ${A}', 'x.yaml', { A: secret });
    expect(named.description).toBe(secret);
  });

  test('as a setting is taken, or a usage failure', () => {
    const key = fc.constantFrom(
      'ws',
      'ws.count',
      'server.rateLimit',
      'proxy.ws.balance',
      'a.b.c',
      '',
    );
    fc.assert(
      fc.property(key, fc.string(), (name, value) => {
        const topology = 'api: {}\nws: {}\nproxy: {}\nredis: {}';
        const failure = failureOf(() =>
          parseTopology(topology, 'x.yaml', {}, [`${name}=${value}`]),
        );
        return failure === undefined || failure.code === 2;
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});

/** `undefined` when it went well; anything but a Failure is thrown on. */
function failureOf(act: () => unknown): Failure | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
