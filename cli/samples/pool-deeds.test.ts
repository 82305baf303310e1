import { expect, test } from 'vitest';

import { deedsToPools } from './pool-deeds.ts';
import { killWindow } from './testing/failover-run.ts';

const at = (node: string, atMs: number, effective = true) => killWindow(atMs, { node, effective });

test.each([
  { node: 'api-1', other: 'chat' },
  { node: 'nginx-api-2', other: 'chat' },
  { node: 'api-1-redis', other: 'chat' },
  { node: 'ws-2', other: 'http' },
  { node: 'nginx-ws-1', other: 'http' },
  { node: 'ws-1-redis', other: 'http' },
])('a fault of $node must not be noticed by $other', ({ node, other }) => {
  const deeds = deedsToPools([at(node, 5000)], null, undefined);
  expect(deeds).toMatchObject([{ cause: `kill@${node}`, other, beside: [] }]);
  expect(deeds[0]?.windows).toEqual([{ fromMs: 5000, toMs: 10_000 }]);
});

test.each(['nginx', 'redis', 'client-nginx', 'all-1', 'server-1'])('%s is of everybody', (node) => {
  expect(deedsToPools([at(node, 5000)], null, undefined)).toEqual([]);
});

test('faults of both pools, one after the other, are two deeds, and each leaves the other out', () => {
  const windows = [at('ws-2', 5000), at('api-1', 15_000), at('redis', 25_000), at('ws-1', 35_000)];
  const [api, ws] = deedsToPools(windows, null, undefined);
  expect(api?.cause).toBe('kill@api-1');
  expect(api?.beside.map(({ node }) => node)).toEqual(['ws-2', 'redis', 'ws-1']);
  expect(ws?.cause).toBe('kill@ws-2, kill@ws-1');
  expect(ws?.beside.map(({ node }) => node)).toEqual(['api-1', 'redis']);
});

test('what had no effect, and what came together with the other pool’s, shows nothing', () => {
  expect(deedsToPools([at('api-1', 5000, false)], null, undefined)).toEqual([]);
  const refuse = { ...at('nginx-ws-2', 5000), onlyUsersShow: true };
  expect(deedsToPools([refuse], null, undefined)).toEqual([]);
  expect(deedsToPools([at('api-1', 5000), at('ws-1', 5000)], null, undefined)).toEqual([]);
});

test('a flood stands for itself', () => {
  const flood = { text: 'flood chat=600/s', window: { fromMs: 1, toMs: 2 } };
  const windows = [at('api-1', 5000)];
  expect(deedsToPools(windows, flood, 'chat')).toEqual([
    { cause: flood.text, other: 'http', windows: [flood.window], beside: windows },
  ]);
});
