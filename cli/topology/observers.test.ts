import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { noReceivers } from '../../prometheus/alertmanager-config.ts';
import { isObserverKind } from '../samples/observers.ts';
import { isObserver } from './observers.ts';
import type { ObserverSite } from './observers.ts';
import { plan, serviceList } from './plan.ts';
import type { Plan, PlannedService } from './plan.ts';
import { siteFor } from './testing/sites.ts';
import { scaled, single } from './testing/topologies.ts';
import type { Topology } from './topology.ts';

const grafana = { argv: ['/usr/sbin/grafana', 'server'], home: '/usr/share/grafana' } as const;

function planOf(topology: Topology, observe: Partial<ObserverSite> = {}): Plan {
  const watched = { ...topology, monitoring: true };
  return plan(watched, siteFor(watched, { observe }));
}

function service({ services }: Plan, name: string): PlannedService {
  const found = services.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name} in the plan`);
  return found;
}

function file(planned: PlannedService, end: string): { text: string; mode: number } {
  const found = planned.files.find(({ path }) => path.endsWith(end));
  if (found === undefined) throw new Error(`${planned.name} has no ${end}`);
  return found;
}

describe('who watches', () => {
  test('nobody, unless it was asked for', () => {
    expect(serviceList(scaled, true).some(({ kind }) => isObserver(kind))).toBe(false);
  });

  test.each([
    ['single', single, 'exporter alertmanager prometheus server-1'],
    [
      'scaled',
      scaled,
      'exporter alertmanager prometheus redis api-1 api-2 ws-1 ws-2 nginx redis-exporter nginx-exporter',
    ],
  ])('%s: only what applies', (_, topology, names) => {
    const { services } = planOf(topology);
    expect(services.map(({ name }) => name).join(' ')).toBe(names);
  });

  test('Grafana where one was found', () => {
    const found = { ...grafana, adminPassword: 'hush' };
    expect(planOf(single, { grafana: found }).services.at(-1)?.name).toBe('grafana');
  });

  test('who watches is the same to the plan and to the verdict', () => {
    const { services } = planOf(scaled, { grafana: { ...grafana, adminPassword: 'hush' } });
    for (const { kind } of services) expect(isObserverKind(kind)).toBe(isObserver(kind));
    expect(services.filter(({ kind }) => isObserverKind(kind))).toHaveLength(6);
  });
});

describe('in what order', () => {
  test('the exporter before nginx, which tells it of every request', () => {
    expect(service(planOf(scaled), 'nginx').dependsOn).toContain('exporter');
  });

  test('Prometheus at once, but it is ready only when it has asked for every page', () => {
    const { dependsOn, ready } = service(planOf(scaled), 'prometheus');
    expect(dependsOn).toEqual([]);
    const path = ready.kind === 'http' ? decodeURIComponent(ready.path) : '';
    expect(path).toContain('count(timestamp(up{job!="rtops-run"}) > 1795000000) >= 9');
  });

  test('nothing of the system but nginx waits for an observer, and none of them for a later one', () => {
    const planned = planOf(scaled, { grafana: { ...grafana, adminPassword: 'hush' } });
    const seen = new Set<string>();
    for (const one of planned.services) {
      for (const needed of one.dependsOn) expect(seen).toContain(needed);
      if (one.kind === 'server' || one.kind === 'redis') {
        expect(one.dependsOn.filter((name) => name.includes('exporter'))).toEqual([]);
      }
      seen.add(one.name);
    }
  });
});

describe('what they are given', () => {
  test('no program listens on more than loopback', () => {
    const planned = planOf(scaled, { grafana: { ...grafana, adminPassword: 'hush' } });
    const observers = planned.services.filter(({ kind }) => isObserver(kind));
    for (const { name, argv, env, port } of observers) {
      const listens = argv.filter((word) => /listen/.test(word));
      for (const word of listens) {
        expect(word, name).toMatch(
          word.includes('cluster') ? /=$/ : new RegExp(`=127\\.0\\.0\\.1:${port}$`),
        );
      }
      if (name === 'grafana') expect(env).toMatchObject({ GF_SERVER_HTTP_ADDR: '127.0.0.1' });
      else if (name !== 'exporter') expect(listens.length, name).toBeGreaterThan(0);
    }
  });

  test('every page is read once, under the name of the service it tells of', () => {
    const planned = planOf(scaled);
    const written: unknown = parse(file(service(planned, 'prometheus'), 'prometheus.yml').text);
    const pages = JSON.stringify(written).match(/"targets":\["[^"]+"\],"labels":\{[^}]+\}/g) ?? [];
    expect(
      pages.map((page) =>
        page.replace(/.*\["([^"]+)"\].*"instance":"([^"]+)".*/, (_, at, name) => `${name} ${at}`),
      ),
    ).toEqual([
      'api-1 127.0.0.1:4005',
      'api-2 127.0.0.1:4006',
      'ws-1 127.0.0.1:4007',
      'ws-2 127.0.0.1:4008',
      'exporter 127.0.0.1:3001',
      'redis 127.0.0.1:3010',
      'nginx 127.0.0.1:3011',
      'prometheus 127.0.0.1:3003',
      'alertmanager 127.0.0.1:3002',
    ]);
  });

  test('nginx tells its log and its counts only when it is watched', () => {
    const text = file(service(planOf(scaled), 'nginx'), 'nginx.conf').text;
    expect(text).toContain('listen 127.0.0.1:4009;');
    expect(text).toContain('syslog:server=127.0.0.1:6514');
    expect(text).toContain('access_log logs/nginx-access.log');
  });

  test('the exporter knows the servers by the addresses nginx dials, with fault proxies by theirs', () => {
    const config = file(service(planOf({ ...scaled, chaos: true }), 'exporter'), 'exporter.json');
    expect(config.mode).toBe(0o600);
    expect(JSON.parse(config.text)).toMatchObject({
      upstreams: expect.arrayContaining([{ name: 'ws-1', address: '127.0.0.1:5004' }]),
    });
  });

  test('addresses of receivers are in one file that only its owner reads', () => {
    const hush = 'https://hooks.test/hush-hush';
    const planned = planOf(scaled, { receivers: { ...noReceivers, slackWebhookUrl: hush } });
    const holding = planned.services.flatMap((one) =>
      [
        ...one.files,
        { path: `${one.name} argv`, text: JSON.stringify([one.argv, one.env]), mode: 0 },
      ]
        .filter(({ text }) => text.includes('hush-hush'))
        .map(({ path, mode }) => `${path} ${mode.toString(8)}`),
    );
    expect(holding).toEqual(['/home/kim/chat/.rtops/conf/alertmanager.yml 600']);
    // Nor in the log: Alertmanager writes the address of a webhook that fails.
    expect(service(planned, 'alertmanager').argv.slice(1, 3)).toEqual([
      '/opt/rtops/alertmanager-main.js',
      '/usr/bin/prometheus-alertmanager',
    ]);
    expect(service(planOf(scaled), 'alertmanager').argv[0]).toBe(
      '/usr/bin/prometheus-alertmanager',
    );
  });

  test('the rules have the settings of the topology', () => {
    const planned = planOf({ ...scaled, alerts: { connections: 8123 } });
    const { text } = file(service(planned, 'prometheus'), 'rules.yml');
    expect(text).toContain('> 8123');
    expect(text).toContain('ws-2');
    expect(text).not.toContain('> 5000');
  });

  test("Grafana's password is in no file, and nobody who is not signed in may change a thing", () => {
    const planned = planOf(single, { grafana: { ...grafana, adminPassword: 'hush-hush' } });
    const { files, env, argv } = service(planned, 'grafana');
    expect(files).toEqual([]);
    expect(env).toMatchObject({ GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer' });
    expect(argv).toEqual(['/usr/sbin/grafana', 'server', '--homepath=/usr/share/grafana']);
  });

  test('a program that the site lacks is an error of the runner', () => {
    expect(() => planOf(scaled, { nginxExporter: null })).toThrow(RangeError);
    expect(() => planOf(single, { nginxExporter: null })).not.toThrow();
  });
});
