/** What an editor does to the text; that nginx takes it is shown by sticky-test. */
import { expect, test } from 'vitest';

import { withNodeDown, withoutNode } from './edit-pool.ts';
import { nginxConf } from './nginx-conf.ts';
import type { WsBalance } from './topology.ts';

const node = { name: 'ws-2', address: '127.0.0.1:4002' };

function conf(balance: WsBalance): string {
  return nginxConf({
    listen: '127.0.0.1:4000',
    proxy: { workers: 2, ws: { balance }, api: { balance: 'round_robin' } },
    apiNodes: [{ name: 'api-1', address: '127.0.0.1:4010' }],
    wsNodes: [{ name: 'ws-1', address: '127.0.0.1:4001' }, node],
    pingSumMs: 85_000,
    openFilesLimit: 1024,
    user: null,
  });
}

const serverLines = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.trim().startsWith(`server ${node.address} `));

test('a node that is down keeps its place in every pool', () => {
  const before = conf('cookie');
  const after = withNodeDown(before, node);
  expect(serverLines(before).length).toBeGreaterThan(2);
  expect(serverLines(after)).toHaveLength(serverLines(before).length);
  expect(serverLines(after).every((line) => line.endsWith(' down;'))).toBe(true);
  expect(after.replaceAll(' down;', ';')).toBe(before);
});

test.each<{ balance: WsBalance; why: string }>([
  { balance: 'ip_hash', why: 'a line of the pool' },
  { balance: 'cookie', why: 'its own upstream, and two maps that name it' },
  { balance: 'sid', why: 'its own upstream, and one map' },
])('a node that is deleted is in no pool and no map: $balance, $why', ({ balance }) => {
  const after = withoutNode(conf(balance), node);
  expect(serverLines(after)).toEqual([]);
  expect(after).not.toContain('pin_ws_2');
  expect(after).toContain('server 127.0.0.1:4001 ');
  expect(after.split('{')).toHaveLength(after.split('}').length);
});
