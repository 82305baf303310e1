import { describe, expect, test } from 'vitest';

import { plan } from './plan.ts';
import type { EdgesConfig } from './edges.ts';
import type { Plan, PlannedService, Site } from './plan.ts';
import { secret, siteFor } from './testing/sites.ts';
import { scaled, single } from './testing/topologies.ts';
import type { Topology } from './topology.ts';

function planOf(topology: Topology, over: Partial<Pick<Site, 'binaries'>> = {}): Plan {
  return plan(topology, siteFor(topology, over));
}

function service({ services }: Plan, name: string): PlannedService {
  const found = services.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name} in the plan`);
  return found;
}

describe('which services stand', () => {
  test.each([
    { topology: single, names: 'server-1' },
    { topology: scaled, names: 'redis api-1 api-2 ws-1 ws-2 nginx' },
    {
      topology: { ...scaled, ws: { count: 4, cores: null } },
      names: 'redis api-1 api-2 ws-1 ws-2 ws-3 ws-4 nginx',
    },
    { topology: { ...single, proxy: scaled.proxy }, names: 'server-1 nginx' },
  ])('$names', ({ topology, names }) => {
    const planned = planOf(topology);
    expect(planned.services.map(({ name }) => name).join(' ')).toBe(names);
  });

  test('each waits for what it needs: servers for Redis, nginx for every server', () => {
    const planned = planOf(scaled);
    expect(service(planned, 'redis').dependsOn).toEqual([]);
    expect(service(planned, 'ws-2').dependsOn).toEqual(['redis']);
    expect(service(planned, 'nginx').dependsOn).toEqual(['api-1', 'api-2', 'ws-1', 'ws-2']);
  });

  test('clients dial nginx, or the one server', () => {
    expect(planOf(scaled).entry.port).toBe(3006);
    expect(planOf(single).entry.port).toBe(3001);
  });
});

describe('whole command lines', () => {
  test.each([
    ['redis', '/usr/bin/redis-server /home/kim/chat/.rtops/conf/redis.conf'],
    ['api-1', '/opt/node /opt/rtops/server/main.js'],
    [
      'nginx',
      '/usr/sbin/nginx -p /home/kim/chat/.rtops/ -c /home/kim/chat/.rtops/conf/nginx.conf -e stderr',
    ],
  ])('%s', (name, line) => {
    expect(service(planOf(scaled), name).argv.join(' ')).toBe(line);
  });

  test('a pool with cores is pinned round robin', () => {
    const planned = planOf({ ...scaled, ws: { count: 3, cores: [4, 5] } });
    expect(
      ['ws-1', 'ws-2', 'ws-3', 'api-1'].map((name) => service(planned, name).argv.join(' ')),
    ).toEqual([
      '/usr/bin/taskset -c 4 /opt/node /opt/rtops/server/main.js',
      '/usr/bin/taskset -c 5 /opt/node /opt/rtops/server/main.js',
      '/usr/bin/taskset -c 4 /opt/node /opt/rtops/server/main.js',
      '/opt/node /opt/rtops/server/main.js',
    ]);
  });

  test('a missing binary is a RangeError, not a process called null', () => {
    const binaries = { node: '/opt/node', nginx: null, redisServer: '/r', taskset: null };
    expect(() => planOf(scaled, { binaries })).toThrow(RangeError);
  });
});

describe('whole environments', () => {
  test('a WS node of scaled', () => {
    expect(service(planOf(scaled), 'ws-1').env).toEqual({
      PATH: '/usr/bin',
      HOME: '/home/kim',
      NODE_ENV: 'production',
      RTOPS_ROLE: 'ws',
      RTOPS_NODE: 'ws-1',
      RTOPS_HOST: '127.0.0.1',
      WS_PORT: '3004',
      RTOPS_METRICS_PORT: '4004',
      RTOPS_JWT_SECRET: secret,
      REDIS_URL: 'redis://127.0.0.1:3001',
      RTOPS_MESSAGE_PATH: 'log',
      RTOPS_RATE_LIMIT: 'off',
      RTOPS_PING_INTERVAL_MS: '25000',
      RTOPS_PING_TIMEOUT_MS: '60000',
      RTOPS_SHUTDOWN_MS: '30000',
      RTOPS_TOPOLOGY: 'scaled',
      RTOPS_TRACE_SAMPLE: '0.01',
    });
  });

  test('the one server of single has no Redis and listens on API_PORT; every setting has its key', () => {
    const topology: Topology = {
      ...single,
      server: {
        pingIntervalMs: 1000,
        pingTimeoutMs: 2000,
        rateLimit: { count: 20, perMs: 10_000 },
        maxConnections: 50,
        corsOrigins: ['http://a.test', 'http://b.test'],
        sabotage: 'drop',
        faults: true,
        traceSample: 0.5,
      },
    };
    expect(service(planOf(topology), 'server-1').env).toEqual({
      PATH: '/usr/bin',
      HOME: '/home/kim',
      NODE_ENV: 'production',
      RTOPS_ROLE: 'all',
      RTOPS_NODE: 'server-1',
      RTOPS_HOST: '127.0.0.1',
      API_PORT: '3001',
      RTOPS_METRICS_PORT: '4001',
      RTOPS_JWT_SECRET: secret,
      RTOPS_MESSAGE_PATH: 'log',
      RTOPS_RATE_LIMIT: '20/10000',
      CORS_ORIGINS: 'http://a.test,http://b.test',
      RTOPS_PING_INTERVAL_MS: '1000',
      RTOPS_PING_TIMEOUT_MS: '2000',
      RTOPS_MAX_CONNECTIONS: '50',
      RTOPS_SHUTDOWN_MS: '30000',
      RTOPS_TOPOLOGY: 'single',
      RTOPS_SABOTAGE: 'drop',
      RTOPS_FAULTS: 'on',
      RTOPS_TRACE_SAMPLE: '0.5',
    });
  });

  test('the secret reaches servers only', () => {
    const holders = planOf(scaled).services.filter((one) => JSON.stringify(one).includes(secret));
    expect(holders.map(({ kind }) => kind)).toEqual(['server', 'server', 'server', 'server']);
  });
});

describe('with chaos', () => {
  const chaotic = planOf({ ...scaled, chaos: true });

  test('one more service, up before all that dial through it', () => {
    expect(chaotic.services.map(({ name }) => name).join(' ')).toBe(
      'edges redis api-1 api-2 ws-1 ws-2 nginx',
    );
    expect(service(chaotic, 'edges')).toMatchObject({
      kind: 'edges',
      argv: ['/opt/node', '/opt/rtops/edge-main.js', '/home/kim/chat/.rtops/conf/edges.json'],
      ready: { kind: 'http', port: 3001, path: '/health' },
      dependsOn: [],
    });
    expect(service(chaotic, 'ws-2').dependsOn).toEqual(['edges', 'redis']);
    expect(service(chaotic, 'nginx').dependsOn).toContain('edges');
  });

  test('every edge has a port of the proxy in front of its target', () => {
    const [file] = service(chaotic, 'edges').files;
    expect(file?.mode).toBe(0o600);
    const { edges, ...rest } = JSON.parse(file?.text ?? '') as EdgesConfig;
    expect(rest).toEqual({ host: '127.0.0.1', controlPort: 3001, token: 'the-token' });
    expect(edges.map(({ name, port, targetPort }) => `${name} ${port} ${targetPort}`)).toEqual([
      'client-nginx 5001 3007',
      'nginx-api-1 5002 3003',
      'nginx-api-2 5003 3004',
      'nginx-ws-1 5004 3005',
      'nginx-ws-2 5005 3006',
      'api-1-redis 5006 3002',
      'api-2-redis 5007 3002',
      'ws-1-redis 5008 3002',
      'ws-2-redis 5009 3002',
    ]);
  });

  test('clients, nginx and servers dial the proxy; each still listens on its own port', () => {
    expect(chaotic.entry.port).toBe(5001);
    const conf = service(chaotic, 'nginx').files[0]?.text ?? '';
    expect(conf).toContain('listen 127.0.0.1:3007');
    expect(conf.match(/server 127\.0\.0\.1:\d+/g)).toEqual(
      [5002, 5003, 5004, 5005].map((port) => `server 127.0.0.1:${port}`),
    );
    expect(service(chaotic, 'ws-1').env).toMatchObject({
      WS_PORT: '3005',
      REDIS_URL: 'redis://127.0.0.1:5008',
    });
  });

  test('a single server is dialled through its edge', () => {
    const planned = planOf({ ...single, chaos: true });
    expect(planned.services.map(({ name }) => name)).toEqual(['edges', 'server-1']);
    expect(planned.entry.port).toBe(5001);
  });

  test('without chaos no service knows of edges', () => {
    expect(JSON.stringify(planOf(scaled).services)).not.toContain('edges');
  });
});
