import { expect, test } from 'vitest';

import { ipHashNode } from './ip-hash.ts';

const three = ['ws-1', 'ws-2', 'ws-3'];
const nobody: ReadonlySet<string> = new Set();

test('by hand: 127.0.1 is ((89·113 + 127)·113 + 0)·113 + 1, each mod 6271', () => {
  // 10057 + 127 = 10184 → 3913; 442169 → 3199; 361488 → 4041; 4041 mod 3 = 0.
  expect(((((89 * 113 + 127) % 6271) * 113) % 6271) * 113 + 1).toBe(3199 * 113 + 1);
  expect((3199 * 113 + 1) % 6271).toBe(4041);
  expect(ipHashNode('127.0.1.1', three, nobody)).toBe('ws-1');
});

test('the fourth octet says nothing, the third does', () => {
  const of = (address: string): string | null => ipHashNode(address, three, nobody);
  expect(new Set(Array.from({ length: 254 }, (_, at) => of(`10.1.2.${at + 1}`))).size).toBe(1);
  expect(new Set(Array.from({ length: 254 }, (_, at) => of(`10.1.${at + 1}.2`))).size).toBe(3);
});

test('256 networks of 127.0 fall 85, 85, 86 over three nodes', () => {
  const counts = new Map<string, number>();
  for (let third = 0; third < 256; third += 1) {
    const node = ipHashNode(`127.0.${third}.1`, three, nobody) ?? '';
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  expect([...counts.values()].toSorted((a, b) => a - b)).toEqual([85, 85, 86]);
});

test('a dead node moves its own clients and nobody else', () => {
  const dead = new Set(['ws-2']);
  for (let third = 0; third < 256; third += 1) {
    const address = `127.0.${third}.1`;
    const before = ipHashNode(address, three, nobody);
    const after = ipHashNode(address, three, dead);
    if (before === 'ws-2') expect(after).not.toBe('ws-2');
    else expect(after).toBe(before);
  }
});

test('what is no IPv4 address, or has no node left, is not foretold', () => {
  expect(ipHashNode('::1', three, nobody)).toBeNull();
  expect(ipHashNode('127.0.1', three, nobody)).toBeNull();
  expect(ipHashNode('127.0.1.999', three, nobody)).toBeNull();
  expect(ipHashNode('127.0.1.1', three, new Set(three))).toBeNull();
});
