/** A death is told: faults on a real observed system, up to the message at the receiver. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { faultAlerts, machineAlerts } from '../prometheus/fault-alerts.ts';
import { firedSince } from './testing/asked-prometheus.ts';
import { newHome, upDetached } from './testing/rtops.ts';
import type { Home } from './testing/rtops.ts';

type Message = {
  readonly atMs: number;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
};

test('a killed node, Redis and nginx are told of within 30 s, and so is their return; nothing else is', async () => {
  const receiver = await startReceiver();
  const home = newHome({ RTOPS_ALERT_WEBHOOK_URL: `${receiver.url}/hush-hush` });
  const { observe } = await upDetached(home, 'scaled', '--observe');
  const prometheus = observe.prometheus ?? 'none';

  const drill = await home.run('alerts', 'test');
  expect(drill.code, drill.stdout + drill.stderr).toBe(0);
  expect(drill.stdout).toMatch(/team +webhook +delivered +2xx/);
  // One may still be pending from before the first scrape.
  expect((await home.run('alerts')).stdout).not.toMatch(/^firing/m);
  const noneBroken = await rulesOf(prometheus);
  expect(noneBroken.length).toBeGreaterThan(20);
  expect(noneBroken.filter(({ health }) => health !== 'ok')).toEqual([]);

  const faults = [
    'kill@ws-2,at=6s,for=14s',
    'kill@redis,at=34s,for=12s',
    'kill@nginx,at=54s,for=12s',
  ];
  const { report, said } = await failover(home, ...faults);
  const began = report.faults.map(({ at }) => Date.parse(report.run.startedAt) + at);
  for (const [index, alertname] of ['ServerDown', 'RedisDown', 'LoadBalancerDown'].entries()) {
    const told = await receiver.heard(
      (one) => one.status === 'firing' && one.labels['alertname'] === alertname,
    );
    const afterMs = told.atMs - (began[index] ?? 0);
    expect(afterMs, said).toBeGreaterThan(0);
    expect(afterMs, said).toBeLessThan(30_000);
    await receiver.heard(
      (one) => one.status === 'resolved' && one.labels['alertname'] === alertname,
    );
  }

  // Each fault has raised what its row asks for, within its time, and nothing that it does not name.
  const fired = await firedSince(prometheus, Date.parse(report.run.startedAt));
  for (const [index, fault] of faults.entries()) {
    const row = faultAlerts.find((one) => one.fault.startsWith(fault.split(',')[0] ?? ''));
    if (row === undefined) throw new Error(`no row for ${fault}`);
    const from = began[index] ?? 0;
    const own = fired.filter(({ atMs }) => atMs >= from && atMs < (began[index + 1] ?? Infinity));
    const names = own.map(({ alertname }) => alertname);
    // A third of a minute must be slow for LatencySLO: these are over sooner than those of the table.
    const asked = row.alerts.filter((name) => name !== 'LatencySLO');
    const named = [...row.alerts, ...machineAlerts];
    expect(names, said).toEqual(expect.arrayContaining(asked));
    expect(names.filter((name) => !named.includes(name))).toEqual([]);
    const late = own.filter(
      ({ alertname, atMs }) => asked.includes(alertname) && atMs - from > row.withinSec * 1000,
    );
    expect(late).toEqual([]);
  }
  expect(receiver.first('ServerDown')).toMatchObject({
    labels: { instance: 'ws-2', topology: 'scaled', severity: 'critical' },
    annotations: { summary: 'ws-2 is down', runbook: 'docs/alerts.md#serverdown' },
  });

  expect(receiver.names()).not.toContain('ServerRestarted');

  expect(readFileSync(join(home.dir, '.rtops/logs/alertmanager.log'), 'utf8')).not.toContain(
    'hush',
  );
}, 240_000);

/** A small load on what is up, with faults; not judged but for what it lost. */
async function failover(home: Home, ...faults: readonly string[]) {
  const ended = await home.run(
    'failover-test',
    ...faults.flatMap((fault) => ['--fault', fault]),
    ...['--stage', '1s:60', '--stage', '82s:60', '--rate', '1/s/user'],
    ...['--no-default-thresholds', '--threshold', 'ledger.lost = 0', '--reporter', 'plain'],
  );
  expect([0, 122], ended.stdout + ended.stderr).toContain(ended.code);
  return { report: home.report(), said: ended.stdout };
}

async function rulesOf(prometheus: string) {
  const answer = (await (await fetch(`${prometheus}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string }[] }[] };
  };
  return answer.data.groups.flatMap(({ rules }) => rules);
}

/** A webhook that remembers what it was told, and when. */
async function startReceiver() {
  const messages: Message[] = [];
  const listeners = new Set<() => void>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { alerts } = JSON.parse(body) as Pick<Message, 'alerts'>;
      messages.push({ atMs: Date.now(), alerts });
      response.end();
      for (const listener of listeners) listener();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    first: (alertname: string) =>
      messages
        .flatMap(({ alerts }) => alerts)
        .find(({ labels }) => labels['alertname'] === alertname),
    names: () => [
      ...new Set(
        messages.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'] ?? '')),
      ),
    ],
    /** The first message with such an alert; waits for it. */
    heard: (is: (alert: Message['alerts'][number]) => boolean) =>
      new Promise<Message>((resolve, reject) => {
        const gaveUp = setTimeout(() => reject(new Error('nobody was told within 60 s')), 60_000);
        const look = (): void => {
          const found = messages.find(({ alerts }) => alerts.some(is));
          if (found === undefined) return;
          clearTimeout(gaveUp);
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
  };
}
