import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { nginxConf } from '../../cli/topology/nginx-conf.ts';
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
      volumes: z.array(z.string()).optional(),
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
    expect(Object.keys(compose.services)).toEqual(names);
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
    const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => `${name} ${port}`),
    );
    expect(published).toEqual(['nginx 127.0.0.1:8080:8080']);
  });
});

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
