/** Which node serves a connection: asked by event, read from the session id. */
import { describe, expect, test } from 'vitest';
import { event, path } from '../contract.ts';
import { connect } from '../testing/client.ts';
import { startNode } from '../testing/node.ts';

describe('a node called ws-7', () => {
  test.each(['websocket', 'polling'] as const)('says so over %s', async (transport) => {
    const node = await startNode({ RTOPS_NODE: 'ws-7' });
    const anna = await connect(node.url, 'anna', { transports: [transport] });
    expect(await anna.ask(event.whoami, undefined)).toEqual({ ok: true, node: 'ws-7' });
    expect(await anna.ask(event.whoami, { any: 'thing' })).toEqual({ ok: true, node: 'ws-7' });
  });

  test('puts its name in front of session ids that nobody can guess', async () => {
    const node = await startNode({ RTOPS_NODE: 'ws-7' });
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await fetch(`${node.url}${path.socketIo}?EIO=4&transport=polling`);
        const { sid } = JSON.parse((await answer.text()).slice(1)) as { sid: string };
        return sid;
      }),
    );
    // 15 random bytes are 20 letters of base64url.
    for (const sid of ids) expect(sid).toMatch(/^ws-7\.[A-Za-z0-9_-]{20}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
