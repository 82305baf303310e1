/** The fire drill on a real Alertmanager, with receivers that take, refuse, fail, hang and are not there. */
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { alertmanagerConfig, noReceivers } from '../../prometheus/alertmanager-config.ts';
import { exitCode } from '../exit-code.ts';
import type { drillDocument } from '../inspect/drill.ts';
import { startAlertmanager, startReceiver } from '../observe/testing/start-alertmanager.ts';
import { startPrometheus } from '../observe/testing/start-prometheus.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { scaled } from '../topology/testing/topologies.ts';
import { alertsNow, alertsTest } from './alerts.ts';
import { runProgram } from './program.ts';
import { observerAt, systemIsUp } from './testing/system-up.ts';

type Document = ReturnType<typeof drillDocument>;

describe('rtops alerts test', () => {
  test('all delivered: 0, one row a way, and people can read what arrives', async () => {
    const world = testWorld();
    const receiver = await startReceiver();
    const alertmanager = await startAlertmanager(
      world,
      alertmanagerConfig({
        slackWebhookUrl: `${receiver.url}/ok/slack-hush`,
        discordWebhookUrl: `${receiver.url}/ok/discord-hush`,
        webhookUrl: `${receiver.url}/ok/webhook-hush`,
      }),
    );
    expect(await alertsTest(world, { alertmanager: alertmanager.url, json: false })).toBe(
      exitCode.pass,
    );
    // Its API asks nobody for a password.
    const status = await (await fetch(`${alertmanager.url}/api/v2/status`)).text();
    expect(status).toContain('webhook_configs');
    expect(status).not.toContain('hush');
    const lines = world.printed.stdout.trim().split('\n');
    expect(lines).toHaveLength(4);
    for (const way of ['slack', 'discord', 'webhook']) {
      expect(
        lines.filter((line) =>
          new RegExp(`^team +${way} +delivered +2xx +[\\d.]+ ms +1$`).test(line),
        ),
      ).toHaveLength(1);
    }
    const slack = bodyTo(receiver.got, 'slack') as {
      attachments: { title: string; text: string }[];
    };
    expect(slack.attachments[0]?.title).toBe(
      'FIRING RtopsDrill on none: a fire drill: nothing is wrong',
    );
    expect(slack.attachments[0]?.text).toContain('*warning* a fire drill');
    const discord = bodyTo(receiver.got, 'discord') as {
      embeds: { title: string; description: string }[];
    };
    expect(discord.embeds[0]?.description).toContain('**warning** a fire drill');
    expect(discord.embeds[0]?.description).toMatch(/since \d\d:\d\d:\d\d UTC/);
  });

  test('404, 500 and a delivery: 99, with status and why, and no secret anywhere', async () => {
    const world = testWorld();
    const receiver = await startReceiver();
    const { logFile, url } = await own(world, {
      slackWebhookUrl: `${receiver.url}/404/slack-hush`,
      discordWebhookUrl: `${receiver.url}/ok/discord-hush`,
      webhookUrl: `${receiver.url}/500/webhook-hush`,
    });
    await postAlert(url, 'ServerRestarted', 'info');
    // Said of either verb.
    expect(await runProgram({ ...world, argv: ['alerts', '--json', 'test'] })).toBe(
      exitCode.failed,
    );
    const { receivers, outcome, others } = JSON.parse(world.printed.stdout) as Document;
    // Of severity info nobody is told, so no count is of it.
    expect(others).toEqual([]);
    expect(outcome).toBe('failed');
    expect(row(receivers, 'discord')).toMatchObject({
      outcome: 'delivered',
      status: '2xx',
      attempts: 1,
    });
    expect(row(receivers, 'slack')).toMatchObject({ outcome: 'failed', status: '404' });
    expect(row(receivers, 'slack')?.why).toContain('no such webhook');
    expect(row(receivers, 'webhook')).toMatchObject({ outcome: 'failed', status: '500' });
    expect(row(receivers, 'webhook')?.attempts).toBeGreaterThan(1);
    expect(world.printed.stdout + world.printed.stderr).not.toContain('hush');
    // The copy that Alertmanager is started with still has the others' addresses.
    const copy = statSync(join(world.cwd, 'alertmanager.yml.relayed'));
    expect((copy.mode & 0o777).toString(8)).toBe('600');
    const log = readFileSync(logFile, 'utf8');
    expect(log).toContain('status code 500');
    expect(log).not.toContain('hush');
  });

  test('one that hangs and one that is not there: 99, and each says which', async () => {
    const world = testWorld();
    const receiver = await startReceiver();
    const { logFile, url } = await own(world, {
      slackWebhookUrl: 'http://127.0.0.1:9/slack-hush',
      discordWebhookUrl: null,
      webhookUrl: `${receiver.url}/hang/webhook-hush`,
    });
    await postAlert(url, 'ServerDown', 'critical');
    expect(await alertsTest(world, { json: true })).toBe(exitCode.failed);
    const { receivers, others } = JSON.parse(world.printed.stdout) as Document;
    expect(row(receivers, 'webhook')).toMatchObject({ outcome: 'failed', status: null });
    // It is sent the same ways, and counted with the drill.
    expect(others).toEqual(['ServerDown']);
    expect(row(receivers, 'webhook')?.why).toContain('hangs');
    expect(row(receivers, 'slack')?.why).toContain('refused');
    expect(world.printed.stdout).not.toContain('hush');
    expect(readFileSync(logFile, 'utf8')).not.toContain('hush');
  });

  test('addresses that redirect: 99; followed, the message would be a GET without a body, and taken', async () => {
    const world = testWorld();
    const receiver = await startReceiver();
    await own(world, {
      slackWebhookUrl: `${receiver.url}/301/slack-hush`,
      discordWebhookUrl: `${receiver.url}/301/discord-hush`,
      webhookUrl: `${receiver.url}/301/webhook-hush`,
    });
    expect(await alertsTest(world, { json: true })).toBe(exitCode.failed);
    const { receivers } = JSON.parse(world.printed.stdout) as Document;
    for (const way of ['slack', 'discord', 'webhook']) {
      expect(row(receivers, way)).toMatchObject({ outcome: 'failed', status: '301' });
      expect(row(receivers, way)?.why).toContain('elsewhere');
    }
    expect(receiver.got.filter(({ path }) => path.startsWith('/ok'))).toEqual([]);
  });

  test('Ctrl-C while a receiver hangs: 105, and the alert is ended at Alertmanager, and that is said', async () => {
    const world = testWorld();
    const receiver = await startReceiver();
    const { url } = await own(world, {
      ...noReceivers,
      webhookUrl: `${receiver.url}/hang/webhook-hush`,
    });
    const drill = failureOf(alertsTest(world, { json: false }));
    await waitUntil(() => Promise.resolve(receiver.got.length > 0));
    world.interrupt();
    expect(await drill).toMatchObject({ code: exitCode.interrupted });
    expect(world.printed.stderr).toBe(`rtops: the drill's alert RtopsDrill was ended at ${url}\n`);
    expect(await (await fetch(`${url}/api/v2/alerts?active=true`)).json()).toEqual([]);
  });

  test('without any receiver there is no verdict, and the alert is ended again', async () => {
    const world = testWorld();
    const { url } = await own(world, noReceivers);
    const failure = await failureOf(alertsTest(world, { json: false }));
    expect(failure).toMatchObject({ code: exitCode.noVerdict });
    expect(failure.next).toContain('RTOPS_SLACK_WEBHOOK_URL');
    expect(await (await fetch(`${url}/api/v2/alerts`)).json()).toEqual([]);
  });

  test('nothing up is 120 with the next command; an address where nobody is, 121', async () => {
    const world = testWorld();
    const nothing = await failureOf(alertsTest(world, { json: false }));
    expect(nothing).toMatchObject({ code: exitCode.notReady });
    expect(nothing.next).toContain('rtops up --observe');
    const nobody = await failureOf(
      alertsTest(world, { alertmanager: 'http://me:hush@127.0.0.1:9', json: false }),
    );
    expect(nobody).toMatchObject({ code: exitCode.unhealthy });
    expect(nobody.message + String(nobody.why)).not.toContain('hush');
    const wrong = await failureOf(alertsTest(world, { alertmanager: 'nonsense', json: false }));
    expect(wrong).toMatchObject({ code: exitCode.usage });
  });
});

test('rtops alerts: nothing up is 120, an address where nobody is, 121', async () => {
  const world = testWorld();
  expect(await failureOf(alertsNow(world, { json: false }))).toMatchObject({
    code: exitCode.notReady,
  });
  expect(
    await failureOf(alertsNow(world, { prometheus: 'http://127.0.0.1:9', json: false })),
  ).toMatchObject({ code: exitCode.unhealthy });
});

describe('rtops alerts while a Prometheus starts', () => {
  const rules = 'groups: [{ name: own, rules: [{ alert: Quiet, expr: vector(1) > 1 }] }]';

  test('rules that were not evaluated yet: 122, and not a word of calm', async () => {
    await using prometheus = await startPrometheus('global: { evaluation_interval: 30d }', rules);
    const world = testWorld();
    const listed = await failureOf(alertsNow(world, { prometheus: prometheus.url, json: false }));
    expect(listed).toMatchObject({ code: exitCode.noVerdict });
    expect(listed.why).toContain('1 of 1 alert rules have not been evaluated yet');
    expect(world.printed.stdout).toBe('');
    await failureOf(alertsNow(world, { prometheus: prometheus.url, json: true }));
    expect(JSON.parse(world.printed.stdout)).toMatchObject({ alerts: [], incomplete: listed.why });
  });

  test('once they were, nothing that fires is calm: 0', async () => {
    await using prometheus = await startPrometheus('global: { evaluation_interval: 100ms }', rules);
    const world = testWorld();
    const options = { prometheus: prometheus.url, json: false };
    await waitUntil(() => alertsNow(world, options).catch(() => undefined));
    expect(world.printed.stdout).toBe('no alert fires\n');
  });

  test('one that is not ready yet: 121, in those words', async () => {
    const server = createServer((_, response) => {
      response.writeHead(503).end('Service Unavailable');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = { prometheus: `http://127.0.0.1:${port}`, json: false };
    const failure = await failureOf(alertsNow(testWorld(), options));
    expect(failure).toMatchObject({ code: exitCode.unhealthy });
    expect(failure.message).toContain('is not ready');
  });
});

/** An Alertmanager that stands in the folder's state as that of what is up. */
async function own(world: TestWorld, receivers: Parameters<typeof alertmanagerConfig>[0]) {
  const alertmanager = await startAlertmanager(world, alertmanagerConfig(receivers));
  const port = Number(new URL(alertmanager.url).port);
  systemIsUp(world, { topology: scaled, services: [observerAt('alertmanager', port)] });
  return alertmanager;
}

async function postAlert(url: string, alertname: string, severity: string): Promise<void> {
  const posted = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname, severity } }]),
  });
  expect(posted.status).toBe(200);
}

function row(rows: Document['receivers'], integration: string) {
  return rows.find((one) => one.integration === integration);
}

function bodyTo(got: readonly { path: string; body: string }[], way: string): unknown {
  return JSON.parse(got.find(({ path }) => path.includes(way))?.body ?? 'null');
}
