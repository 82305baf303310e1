/** A death is told: faults on a real observed system, up to the message at the receiver. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { faultAlerts, machineAlerts } from '../prometheus/fault-alerts.ts';
import { waitUntil } from '../cli/system/testing/wait-until.ts';
import { newHome, upDetached } from './testing/rtops.ts';
import type { Home, UpDocument } from './testing/rtops.ts';
import { pidOf } from '../cli/system/testing/pid-of.ts';

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

test('a system that is taken down and brought up is not listed as restarted; a server that died is', async () => {
  const home = newHome();
  const before = await upDetached(home, 'single', '--observe');
  await waitUntil(async () => (await read(before, 'process_start_time_seconds')).length > 0);
  expect((await home.run('down')).code).toBe(0);
  const upAgainMs = Date.now();
  const system = await upDetached(home, 'single', '--observe');
  const starts = 'changes(process_start_time_seconds{job="rtops-server"}[1m])';
  const seenSec = await waitUntil(async () => {
    const [seen] = await read(system, `${starts} > 0`);
    return seen?.atSec;
  });
  // The rules have been asked since.
  await waitUntil(async () => {
    const [watchdog] = await read(system, 'timestamp(ALERTS{alertname="Watchdog"})');
    return watchdog !== undefined && watchdog.value > seenSec + 4;
  });
  const killedMs = Date.now();
  process.kill(pidOf(system.services.find(({ name }) => name === 'server-1')), 'SIGKILL');
  const listed = 'ALERTS{alertname="ServerRestarted", alertstate="firing", instance="server-1"}';
  await waitUntil(async () => (await read(system, listed)).length > 0, 60_000);
  const fired = await firedSince(system.observe.prometheus ?? '', upAgainMs);
  const names = fired.filter(({ atMs }) => atMs < killedMs).map(({ alertname }) => alertname);
  expect(names.filter((name) => !machineAlerts.includes(name))).toEqual([]);
});

type Sample = { readonly atSec: number; readonly value: number };

/** What Prometheus answers now. */
async function read({ observe }: UpDocument, query: string): Promise<readonly Sample[]> {
  const words = new URLSearchParams({ query }).toString();
  const answer = (await (await fetch(`${observe.prometheus}/api/v1/query?${words}`)).json()) as {
    data: { result: { value: [number, string] }[] };
  };
  return answer.data.result.map(({ value: [atSec, value] }) => ({ atSec, value: Number(value) }));
}

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

/** Which alerts began to fire, and when, as Prometheus keeps it. */
async function firedSince(prometheus: string, fromMs: number) {
  const stepSec = 1;
  const query = new URLSearchParams({
    query: 'ALERTS{alertstate="firing", alertname!="Watchdog"}',
    start: String(fromMs / 1000),
    end: String(Date.now() / 1000),
    step: String(stepSec),
  });
  const answer = (await (
    await fetch(`${prometheus}/api/v1/query_range?${query.toString()}`)
  ).json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  return answer.data.result.flatMap(({ metric, values }) =>
    values
      .map(([atSec]) => atSec)
      .filter((atSec, index, all) => atSec - (all[index - 1] ?? -Infinity) > stepSec * 1.5)
      .map((atSec) => ({ alertname: metric['alertname'] ?? '', atMs: atSec * 1000 })),
  );
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
