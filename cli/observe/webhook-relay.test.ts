/** The relay before generic webhooks, on real sockets. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

import { alertmanagerConfig } from '../../prometheus/alertmanager-config.ts';
import { readNotificationErrors } from '../inspect/notification-errors.ts';
import { httpBase } from './ask-http.ts';
import { receiverAddresses, relayed, webhookAddresses } from './receiver-addresses.ts';
import { startReceiver } from './testing/start-alertmanager.ts';
import { openWebhookRelay } from './webhook-relay.ts';

const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' };

async function openRelay(targets: readonly string[]) {
  const relay = await openWebhookRelay(targets);
  onTestFinished(() => relay.close());
  return relay;
}

describe('the relay', () => {
  test('passes on what came, and gives back status and words', async () => {
    const receiver = await startReceiver();
    const relay = await openRelay([`${receiver.url}/ok?key=1`, `${receiver.url}/500/b`]);
    const taken = await fetch(relay.addressOf(0), post);
    expect(taken.status).toBe(200);
    const refused = await fetch(relay.addressOf(1), post);
    expect(refused.status).toBe(500);
    expect(await refused.text()).toBe('Cannot POST …');
    expect(receiver.got).toEqual([
      { path: '/ok?key=1', body: '{"a":1}' },
      { path: '/500/b', body: '{"a":1}' },
    ]);
  });

  test('a redirect is the answer: followed, the alert would be a GET without a body, and taken', async () => {
    const receiver = await startReceiver();
    const relay = await openRelay([`${receiver.url}/301`]);
    expect((await fetch(relay.addressOf(0), post)).status).toBe(301);
    expect(receiver.got.map(({ path }) => path)).toEqual(['/301']);
  });

  test('of a long answer the begin comes back, and not half of a secret at its end', async () => {
    const receiver = await startReceiver();
    const relay = await openRelay([`${receiver.url}/long/hush-hush`, `${receiver.url}/endless`]);
    const text = await (await fetch(relay.addressOf(0), post)).text();
    expect(text).toMatch(/^x+Cannot POST …$/);
    const endless = await fetch(relay.addressOf(1), { ...post, signal: AbortSignal.timeout(5000) });
    expect(await endless.text()).toBe('x'.repeat(2000));
  });

  test('who does not know its address gets nothing through', async () => {
    const receiver = await startReceiver();
    const relay = await openRelay([`${receiver.url}/ok`]);
    const { origin, href } = new URL(relay.addressOf(0));
    for (const [url, request] of [
      [`${origin}/`, post],
      [`${origin}/0`, post],
      [`${href}x`, post],
      [href, { method: 'GET' }],
    ] as const) {
      expect((await fetch(url, request)).status).toBe(404);
    }
    expect(receiver.got).toEqual([]);
    expect(() => relay.addressOf(1)).toThrow(RangeError);
  });

  test.each([
    ['http://127.0.0.1:9/hush', 'refused'],
    ['http://nobody.invalid/hush', 'host name'],
  ])('%s: 502, which the drill tells as %s and not as an answer', async (target, told) => {
    const relay = await openRelay([target]);
    const answer = await fetch(relay.addressOf(0), post);
    const text = await answer.text();
    expect(answer.status).toBe(502);
    expect(text).not.toContain('hush');
    const line = `integration=webhook[0] err="unexpected status code 502: http://a.test/…: ${text}"`;
    const error = readNotificationErrors(line).get('webhook');
    expect(error?.status).toBeNull();
    expect(error?.why).toContain(told);
  });
});

test('a password with a plain % is sent as it was typed', () => {
  const { address, headers } = httpBase(new URL('http://me:100%@127.0.0.1:9/a'));
  expect(address).toBe('http://127.0.0.1:9/a');
  expect(headers).toEqual({ authorization: `Basic ${btoa('me:100%')}` });
});

test('of a configuration only generic webhooks change', () => {
  const all = {
    slackWebhookUrl: 'https://hooks.test/services/a',
    discordWebhookUrl: 'https://discord.test/api/webhooks/1',
    webhookUrl: 'https://any.test/own',
  };
  const before = alertmanagerConfig(all);
  expect(webhookAddresses(before)).toEqual([all.webhookUrl]);
  expect(receiverAddresses(before)).toHaveLength(3);
  const after = relayed(before, (_, index) => `http://127.0.0.1:1/${index}`);
  expect(after).not.toContain('any.test');
  expect(parse(after)).toEqual(
    parse(alertmanagerConfig({ ...all, webhookUrl: 'http://127.0.0.1:1/0' })),
  );
  expect(receiverAddresses('- a: [')).toEqual([]);
});
