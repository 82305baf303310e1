import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { Failure } from '../failure.ts';
import { durationMs } from './quantity.ts';
import { readYaml } from './yaml-document.ts';

const schema = z.strictObject({
  name: z.string().default('none'),
  count: z.int().min(1).max(64).default(1),
  balance: z.enum(['least_conn', 'ip_hash']).default('ip_hash'),
  wait: durationMs(1, 60_000).prefault('1s'),
  inner: z.strictObject({ size: z.int().default(3) }).prefault({}),
  list: z.array(z.union([z.string(), z.strictObject({ target: z.int() })])).default([]),
});

function read(text: string, env: Record<string, string> = {}): z.output<typeof schema> {
  return readYaml({ text, fileName: 'my.yaml', env }, schema, 'rtops schema x').value;
}

function failureOf(text: string, env: Record<string, string> = {}): Failure {
  try {
    read(text, env);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was read without a failure');
}

describe('a file with one error names its place, the value and what was expected', () => {
  test.each([
    ['cout: 3', 'my.yaml:1:1: unknown key "cout"; did you mean "count"?'],
    ['inner:\n  sise: 3', 'my.yaml:2:3: unknown key "sise" in inner; did you mean "size"?'],
    [
      'zzz: 3',
      'my.yaml:1:1: unknown key "zzz"; expected one of name, count, balance, wait, inner, list',
    ],
    ['count: 65', 'my.yaml:1:8: count is 65; expected a whole number from 1 to 64'],
    ['count: 0', 'my.yaml:1:8: count is 0; expected a whole number from 1 to 64'],
    ['count: -1', 'my.yaml:1:8: count is -1; expected a whole number from 1 to 64'],
    ['count: .nan', 'my.yaml:1:8: count is NaN; expected a whole number from 1 to 64'],
    ['count: "3"', 'my.yaml:1:8: count is "3"; expected a whole number from 1 to 64'],
    ['count: 1.5', 'my.yaml:1:8: count is 1.5; expected a whole number from 1 to 64'],
    ['count: [1]', 'my.yaml:1:8: count is a list; expected a whole number from 1 to 64'],
    [
      'balance: ip-hash',
      'my.yaml:1:10: balance is "ip-hash"; expected one of least_conn, ip_hash; did you mean "ip_hash"?',
    ],
    [
      'wait: 10',
      'my.yaml:1:7: wait is 10; expected a duration with its unit, such as 500ms, 10s or 2m (above zero and at most 60 s)',
    ],
    [
      'wait: 0s',
      'my.yaml:1:7: wait is "0s"; expected a duration with its unit, such as 500ms, 10s or 2m (above zero and at most 60 s)',
    ],
    ['list:\n  - {}', 'my.yaml:2:5: list[0].target is missing; expected a whole number'],
    [
      'list: [{target: 1, x: 2}]',
      'my.yaml:1:20: unknown key "x" in list[0]; expected one of target',
    ],
    ['', 'my.yaml:1:1: the file is empty; expected a map of keys'],
    ['# only words\n', 'my.yaml:1:1: the file is empty; expected a map of keys'],
    [
      '- a',
      'my.yaml:1:1: the file is a list; expected a map with name, count, balance, wait, inner, list',
    ],
    ['count: 1\ncount: 2', 'my.yaml:2:1: Map keys must be unique'],
    [
      'count: [1',
      'my.yaml:1:10: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['count: *who', 'my.yaml:1:8: *who has no anchor &who before it'],
  ])('%j', (text, message) => {
    const failure = failureOf(text);
    expect(failure.message).toBe(message);
    expect(failure.code).toBe(104);
    expect(failure.next).toBe('rtops schema x');
  });

  test('and points at it in the line as written', () => {
    expect(failureOf('name: x\ncount: 65 # many').evidence).toEqual([
      'count: 65 # many',
      '       ^',
    ]);
  });
});

describe('a file with several errors', () => {
  test('lists them all in the order of the file', () => {
    const failure = failureOf('balance: x\ncount: 0\nnaem: y');
    expect(failure.message).toBe('my.yaml has 3 errors');
    expect(failure.evidence.map((line) => line.split(' ')[0])).toEqual([
      'my.yaml:1:10:',
      'my.yaml:2:8:',
      'my.yaml:3:1:',
    ]);
  });

  test('lists ten and counts the rest', () => {
    const failure = failureOf(Array.from({ length: 13 }, (_, i) => `k${i}: 1`).join('\n'));
    expect(failure.message).toBe('my.yaml has 13 errors');
    expect(failure.evidence).toHaveLength(11);
    expect(failure.evidence.at(-1)).toBe('and 3 more');
  });

  test('aliases that would grow without end are refused, not followed', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `  - &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`,
    );
    expect(failureOf(`list:\n  - &l0 [x]\n${levels.join('\n')}`).message).toContain(
      'Excessive alias count',
    );
  });

  test('a file without errors has none: the negative control', () => {
    expect(read('count: 64\nlist: [a, {target: 3}]\nwait: 1m')).toMatchObject({
      count: 64,
      list: ['a', { target: 3 }],
      wait: 60_000,
    });
  });
});

describe('variables', () => {
  test.each<[string, Record<string, string>, Record<string, unknown>, string]>([
    ['count: ${N}', { N: '7' }, { count: 7 }, 'an unquoted one may be a number'],
    ['count: ${N:-5}', {}, { count: 5 }, 'the default where it is unset'],
    ['count: ${N:-5}', { N: '' }, { count: 5 }, 'the default where it is empty, as in a shell'],
    ['name: "${N}"', { N: '7' }, { name: '7' }, 'a quoted one stays text'],
    ['name: a-${N}-${M:-z}', { N: 'b' }, { name: 'a-b-z' }, 'several in one value'],
    ['name: $${N}', { N: 'b' }, { name: '${N}' }, 'a doubled sign is the sign itself'],
    ['name: ${N}', { N: '{a: 1}' }, { name: '{a: 1}' }, 'a value brings no structure'],
    ['# ${NOPE}\nname: x', {}, { name: 'x' }, 'comments are left alone'],
  ])('%j with %j gives %j: %s', (text, env, expected) => {
    expect(read(text, env)).toMatchObject(expected);
  });

  test('one that is not set and has no default is an error with its place', () => {
    expect(failureOf('name: x\ncount: ${USERS}').message).toBe(
      'my.yaml:2:8: USERS is not set in the environment and has no default; set it, or write ${USERS:-value}',
    );
  });

  test.each(['${A B}', '${}', '${A', '${1A}', '${A-b}'])('%s is not a variable', (text) => {
    expect(failureOf(`name: "${text}"`).message).toContain('is not a variable');
  });

  const secret = 'sesame-9137';
  test.each([
    ['count: ${S}', 'the value itself'],
    ['wait: ${S}', 'a value read by a parser of its own'],
    ['balance: ${S}', 'a value with a nearest name'],
    ['balance: pre-${S}-post', 'a part of a value'],
    ['name: &n ${S}\ncount: *n', 'a value that comes by an alias'],
    ['count: {a: ${S:-x}}', 'a value inside another'],
    ['count: "${S}"\nbalanc: ${S}', 'several'],
  ])('a value that came so is never printed: %s (%s)', (text) => {
    const failure = failureOf(text.replace('{a: ${S:-x}}', '\n  a: ${S}'), { S: secret });
    const printed = [failure.message, failure.why, ...failure.evidence, failure.next].join('\n');
    expect(printed).not.toContain(secret);
  });

  test('a value written in the file is printed: the negative control', () => {
    expect(failureOf(`balance: ${secret}`).message).toContain(secret);
  });
});
