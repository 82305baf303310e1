/** What people read of many alerts at once, rendered by the real Alertmanager. */
import { expect, test } from 'vitest';

import { alertmanagerConfig } from '../../prometheus/alertmanager-config.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { startAlertmanager, startReceiver } from './testing/start-alertmanager.ts';

type Embed = { readonly title: string; readonly description: string };

test('thirty alerts with long words stay within the limits of Discord, and say that there are more', async () => {
  const world = testWorld();
  const receiver = await startReceiver();
  const { url } = await startAlertmanager(
    world,
    alertmanagerConfig({
      slackWebhookUrl: `${receiver.url}/ok/slack`,
      discordWebhookUrl: `${receiver.url}/ok/discord`,
      webhookUrl: `${receiver.url}/ok/webhook`,
    }),
  );
  const long = 'long '.repeat(200);
  const posted = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(
      Array.from({ length: 30 }, (_, at) => ({
        labels: {
          alertname: 'ServerDown',
          topology: 'a'.repeat(300),
          instance: `ws-${at}`,
          severity: 'critical',
        },
        annotations: {
          summary: long,
          description: long,
          dashboard: `http://grafana.test/${'a'.repeat(100)}/d/rtops-overview?var-topology=scaled`,
          runbook: 'docs/alerts.md#serverdown',
        },
      })),
    ),
  });
  expect(posted.status).toBe(200);
  await waitUntil(() => receiver.got.length >= 3);
  const sent = (way: string): unknown =>
    JSON.parse(receiver.got.find(({ path }) => path.endsWith(way))?.body ?? 'null');

  const [embed] = (sent('discord') as { embeds: readonly Embed[] }).embeds;
  expect(embed?.title).toMatch(/^FIRING ServerDown on a+ \(30\): long /);
  expect(embed?.title.length).toBeLessThanOrEqual(256);
  expect(embed?.description.length).toBeLessThanOrEqual(4096);
  expect(embed?.description).toContain('and more: 30 in all');
  expect(embed?.description).toMatch(
    /\[dashboard\]\(http:\S+var-topology=scaled&from=\d{13}&to=now\)/,
  );

  const [attachment] = (sent('slack') as { attachments: readonly { text: string }[] }).attachments;
  expect(attachment?.text).toMatch(/<http:\S+&from=\d{13}&to=now\|dashboard>/);
  expect(attachment?.text).toContain('runbook: rtops explain ServerDown');
});
