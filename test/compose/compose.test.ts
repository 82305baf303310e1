import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { defaultAlertSettings } from '../../prometheus/alert-settings.ts';
import { alertRules } from '../../prometheus/alert-rules.ts';
import { alertmanagerConfig, noReceivers } from '../../prometheus/alertmanager-config.ts';
import { scrapeConfig } from '../../prometheus/scrape-config.ts';
import type { ScrapeTarget } from '../../prometheus/scrape-config.ts';
import { nginxConf } from '../../cli/topology/nginx-conf.ts';
import { grafanaEnv } from '../../cli/topology/grafana-env.ts';
import { isObserver } from '../../cli/topology/observers.ts';
import { parseTopology } from '../../cli/topology/parse-topology.ts';
import { plan, serviceList } from '../../cli/topology/plan.ts';
import { redisConf } from '../../cli/topology/redis-conf.ts';
import { parseConfig } from '../../server/config.ts';

const root = join(import.meta.dirname, '../..');
const secret = 'a-secret-of-thirty-two-characters';

const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      networks: z.object({ rtops: z.object({ ipv4_address: z.string() }) }),
      ports: z.array(z.string()).optional(),
      profiles: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      image: z.string(),
      volumes: z.array(z.string()).optional(),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
    }),
  ),
});
const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
const scaled = parseTopology(
  read('scenarios/topologies/scaled.yaml'),
  'scenarios/topologies/scaled.yaml',
  {},
  [],
);

describe('docker-compose.yml is the topology `scaled`', () => {
  test('with the same services', () => {
    const names = serviceList(scaled).map(({ name }) => name);
    expect(servicesOf(undefined)).toEqual(names);
  });

  test.each(['api-1', 'api-2', 'ws-1', 'ws-2'])('%s gets the environment of the plan', (name) => {
    const planned = plannedEnv(name);
    // Where a thing is differs in a network of containers; what it is set to does not.
    const place = ['RTOPS_HOST', 'RTOPS_METRICS_PORT', 'RTOPS_JWT_SECRET', 'REDIS_URL'];
    const without = (env: Readonly<Record<string, string>>): object =>
      Object.fromEntries(
        Object.entries(env)
          .filter(([key]) => !place.includes(key))
          .map(([key, value]) => [key, key.endsWith('_PORT') ? 'a port' : value]),
      );
    expect(without(environment(name))).toEqual(without(planned));
    expect(Object.keys(environment(name)).toSorted()).toEqual(Object.keys(planned).toSorted());
  });

  test.each(['api-1', 'api-2', 'ws-1', 'ws-2'])('the server accepts what %s gets', (name) => {
    const config = parseConfig(environment(name));
    expect(config).toMatchObject({ node: name, host: '0.0.0.0', port: 3000 });
    expect(config.redisUrl).toBe(`redis://${address('redis')}:6379`);
  });

  test('all servers are asked alike whether they are ready, and the question tells', async () => {
    const questions = ['api-1', 'api-2', 'ws-1', 'ws-2'].map(
      (name) => compose.services[name]?.healthcheck?.test,
    );
    const [[kind, ...argv] = []] = questions;
    expect(questions).toEqual(questions.map(() => [kind, ...argv]));
    expect(kind).toBe('CMD');
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/api/v1/health/ready' ? status : 404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const exit = async (): Promise<unknown> => {
      const [command = '', ...args] = argv.map((arg) => arg.replace(':3000/', `:${port}/`));
      return (await once(spawn(command, args, { stdio: 'ignore' }), 'exit'))[0];
    };
    expect(await exit()).toBe(0);
    status = 503;
    expect(await exit()).toBe(1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await exit()).toBe(1);
  });

  test('nginx dials the addresses the services have', async () => {
    await expect(composeNginxConf()).toMatchFileSnapshot('../../docker/nginx.conf');
  });

  test('Redis promises what the topology says', async () => {
    const text = redisConf({ host: '0.0.0.0', port: 6379, dataDir: '/data', durability: 'always' });
    expect(scaled.redis).toEqual({ durability: 'always' });
    // Nobody outside of the compose network reaches it: no port is published.
    expect(compose.services['redis']?.ports).toBeUndefined();
    await expect(text.replace('protected-mode yes', 'protected-mode no')).toMatchFileSnapshot(
      '../../docker/redis.conf',
    );
  });

  test('only nginx is published, and on loopback only', () => {
    const published = servicesOf(undefined).flatMap((name) =>
      (compose.services[name]?.ports ?? []).map((port) => `${name} ${port}`),
    );
    expect(published).toEqual(['nginx 127.0.0.1:8080:8080']);
  });
});

describe('the profile `observe` is what `up --observe` starts', () => {
  // Our exporter reads /proc of the processes it tells of: in a container it would see its own.
  const observers = serviceList({ ...scaled, monitoring: true }, true)
    .filter(({ kind }) => isObserver(kind) && kind !== 'exporter')
    .map(({ name }) => name);

  test('with the same observers but our exporter, each a pinned image', () => {
    expect(servicesOf('observe').toSorted()).toEqual(observers.toSorted());
    for (const name of observers) {
      expect(compose.services[name]?.image).toMatch(/^[a-z\d/_-]+:v?\d+\.\d+\.\d+$/);
    }
  });

  test('Prometheus reads every page at the address it has', async () => {
    await expect(
      scrapeConfig({
        topology: 'scaled',
        targets: composeTargets(),
        runTargets: '/etc/prometheus/targets/*.json',
        ruleFiles: ['rules.yml'],
        alertmanager: `${address('alertmanager')}:9093`,
      }),
    ).toMatchFileSnapshot('../../docker/prometheus.yml');
  });

  test('by the rules of the topology, and nobody is told by the shipped Alertmanager', async () => {
    const expectedServers = serviceList(scaled).flatMap(({ kind, name }) =>
      kind === 'server' ? [name] : [],
    );
    const { connections } = scaled.alerts;
    await expect(
      alertRules({ ...defaultAlertSettings, connections, expectedServers }),
    ).toMatchFileSnapshot('../../docker/rules.yml');
    await expect(alertmanagerConfig(noReceivers)).toMatchFileSnapshot(
      '../../docker/alertmanager.yml',
    );
  });

  test('the exporters ask what they are for', () => {
    expect(compose.services['redis-exporter']?.command).toContain(
      `--redis.addr=redis://${address('redis')}:6379`,
    );
    expect(compose.services['nginx-exporter']?.command).toEqual([
      `--nginx.scrape-uri=http://${address('nginx')}:8081/stub_status`,
    ]);
  });

  test('Grafana has the settings of the plan, and asks the addresses the others have', () => {
    const env = environment('grafana');
    expect(env['RTOPS_PROMETHEUS_URL']).toBe(`http://${address('prometheus')}:9090`);
    expect(env['RTOPS_ALERTMANAGER_URL']).toBe(`http://${address('alertmanager')}:9093`);
    const planned = grafanaEnv({
      ...{ host: '', port: 0, dir: '', packageDir: '', adminPassword: '' },
      ...{ prometheusUrl: '', alertmanagerUrl: '' },
    });
    const same = Object.keys(env).filter((key) =>
      /ANONYMOUS|ANALYTICS|ALERTING|PREINSTALL/.test(key),
    );
    expect(same.length).toBeGreaterThan(5);
    for (const key of same) expect(`${key} ${env[key]}`).toBe(`${key} ${planned[key]}`);
    const mounts = (compose.services['grafana']?.volumes ?? []).map(
      (one) => one.split(':')[0] ?? '',
    );
    for (const mount of mounts) expect(existsSync(join(root, mount)), mount).toBe(true);
  });

  test('nothing of it is reached from outside of the machine', () => {
    for (const name of observers) {
      for (const port of compose.services[name]?.ports ?? [])
        expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });
});

function servicesOf(profile: string | undefined): readonly string[] {
  return Object.entries(compose.services).flatMap(([name, { profiles }]) =>
    (profile === undefined ? profiles === undefined : profiles?.includes(profile)) ? [name] : [],
  );
}

function composeTargets(): readonly ScrapeTarget[] {
  const servers = serviceList(scaled).flatMap(({ kind, name }): readonly ScrapeTarget[] =>
    kind === 'server'
      ? [{ job: 'rtops-server', instance: name, address: `${address(name)}:9100` }]
      : [],
  );
  return [
    ...servers,
    { job: 'redis', instance: 'redis', address: `${address('redis-exporter')}:9121` },
    { job: 'nginx', instance: 'nginx', address: `${address('nginx-exporter')}:9113` },
    { job: 'prometheus', instance: 'prometheus', address: `${address('prometheus')}:9090` },
    { job: 'alertmanager', instance: 'alertmanager', address: `${address('alertmanager')}:9093` },
  ];
}

function plannedEnv(name: string): Readonly<Record<string, string>> {
  const services = serviceList(scaled);
  const site = {
    dir: '/state',
    host: '127.0.0.1',
    ports: Object.fromEntries(
      services.map((service) => [service.name, { port: 3000, metricsPort: 9100 }]),
    ),
    binaries: { node: 'node', nginx: 'nginx', redisServer: 'redis-server', taskset: null },
    serverArgv: ['main.js'],
    secret,
    env: {},
    openFilesLimit: 65_536,
    nginxUser: null,
    edges: null,
    observe: null,
  };
  const found = plan(scaled, site).services.find((service) => service.name === name);
  if (found === undefined) throw new Error(`the plan has no ${name}`);
  return found.env;
}

function composeNginxConf(): string {
  if (scaled.proxy === null) throw new Error('scaled has no proxy');
  const nodes = (role: string) =>
    serviceList(scaled)
      .filter((service) => service.role === role)
      .map(({ name }) => ({ name, address: `${address(name)}:3000` }));
  return nginxConf({
    listen: '0.0.0.0:8080',
    proxy: scaled.proxy,
    apiNodes: nodes('api'),
    wsNodes: nodes('ws'),
    pingSumMs: scaled.server.pingIntervalMs + scaled.server.pingTimeoutMs,
    openFilesLimit: 65_536,
    user: 'nginx',
    monitoring: {
      accessLog: '/dev/stdout',
      syslog: null,
      statusListen: `${address('nginx')}:8081`,
    },
  });
}

function environment(name: string): Readonly<Record<string, string>> {
  const env = compose.services[name]?.environment ?? {};
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      String(value).replace(/^\$\{RTOPS_JWT_SECRET:\?.*\}$/, secret),
    ]),
  );
}

function address(name: string): string {
  return compose.services[name]?.networks.rtops.ipv4_address ?? 'nowhere';
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
