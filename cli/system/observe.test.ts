/** `monitoring`, on the real Prometheus, Alertmanager and exporters. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { isObserverKind } from '../samples/observers.ts';
import { scaled, single } from '../topology/testing/topologies.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { findBinary } from './find-binary.ts';
import { observeUrls } from './observe-urls.ts';
import type { RunningSystem } from './running-system.ts';
import { startSystem } from './start-system.ts';
import type { StartOptions } from './start-system.ts';
import { failureOf } from './testing/failure-of.ts';
import { processesOf } from './testing/processes-of.ts';
import { testWorld } from './testing/test-world.ts';
import { pidOf } from './testing/pid-of.ts';

const standIn = fileURLToPath(new URL('testing/stand-in-server.ts', import.meta.url));
const wellBehaved: StartOptions = { serverArgv: [standIn] };
const one = { count: 1, cores: null };
const split: Topology = { ...scaled, name: 'split', api: one, ws: one, monitoring: true };
const watchedSingle: Topology = { ...single, monitoring: true };

async function start(world: World, topology: Topology): Promise<RunningSystem> {
  const system = await startSystem(world, topology, wellBehaved);
  onTestFinished(() => system[Symbol.asyncDispose]());
  return system;
}

type Sample = {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: [number, string];
};

async function query(system: RunningSystem, expression: string): Promise<readonly Sample[]> {
  const { prometheus } = observeUrls(await system.services());
  const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = (await answer.json()) as { data?: { result: readonly Sample[] } };
  return data?.result ?? [];
}

/** Asks again until there is an answer; 15 s at most. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('no answer within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a system that is observed', () => {
  test('split: every target is read when it is ready, and a clean stop leaves nothing', async () => {
    const world = testWorld();
    const system = await start(world, split);
    // Ready means asked; a server that was slower than Prometheus is read the next time.
    const asked = await query(system, 'up');
    expect(asked).toHaveLength(7);
    const up = await until(async () => {
      const rows = await query(system, 'up');
      return rows.every(({ value }) => value[1] === '1') ? rows : undefined;
    });
    const read = up.map(
      ({ metric, value }) => `${metric['job']} ${metric['instance']} ${value[1]}`,
    );
    expect(read.toSorted()).toEqual([
      'alertmanager alertmanager 1',
      'nginx nginx 1',
      'prometheus prometheus 1',
      'redis redis 1',
      'rtops-exporter exporter 1',
      'rtops-server api-1 1',
      'rtops-server ws-1 1',
    ]);
    expect(new Set(up.map(({ metric }) => metric['topology']))).toEqual(new Set(['split']));
    // Exporters that answer may still have nobody to ask.
    for (const series of ['redis_up', 'nginx_up']) {
      expect((await query(system, series)).map(({ value }) => value[1])).toEqual(['1']);
    }
    // What Alertmanager says of receivers is nobody's business but the owner's.
    const log = join(system.stateDir, 'logs', 'alertmanager.log');
    expect((statSync(log).mode & 0o777).toString(8)).toBe('600');
    const samples = await system.sample();
    expect(samples.filter(({ kind }) => isObserverKind(kind)).map(({ name }) => name)).toEqual([
      ...['exporter', 'alertmanager', 'prometheus', 'redis-exporter', 'nginx-exporter'],
    ]);

    await system[Symbol.asyncDispose]();
    expect(processesOf(world)).toEqual([]);
  }, 60_000);

  test('Prometheus knows where alerts go, reads a run that comes, and comes back with its data when it is killed', async () => {
    const world = testWorld();
    const system = await start(world, watchedSingle);
    const urls = observeUrls(await system.services());
    await until(async () => {
      const answer = await fetch(`${urls.prometheus}/api/v1/alertmanagers`);
      const { data } = (await answer.json()) as { data: { activeAlertmanagers: unknown[] } };
      return data.activeAlertmanagers.length === 1 ? true : undefined;
    });
    const [first] = await until(async () => {
      const rows = await query(system, 'min_over_time(timestamp(up{job="prometheus"})[5m:1s])');
      return rows.length > 0 ? rows : undefined;
    });

    // A run that announces itself is read beside the others.
    writeFileSync(
      join(system.stateDir, 'targets', 'run-1.json'),
      JSON.stringify([
        {
          targets: [new URL(urls.prometheus ?? '').host],
          labels: { topology: 'single', instance: 'run' },
        },
      ]),
    );
    const run = await until(async () => {
      const found = await query(system, 'up{job="rtops-run",instance="run"}');
      return found[0];
    });
    expect(run.value[1]).toBe('1');

    const before = (await system.services()).find(({ name }) => name === 'prometheus');
    process.kill(pidOf(before), 'SIGKILL');
    const after = await until(async () => {
      const now = (await system.services()).find(({ name }) => name === 'prometheus');
      return now?.state === 'ready' && now.pid !== before?.pid ? now : undefined;
    });
    expect(after.restarts).toBe(1);
    const [kept] = await until(async () => {
      const rows = await query(system, 'min_over_time(timestamp(up{job="prometheus"})[5m:1s])');
      return rows.length > 0 ? rows : undefined;
    });
    expect(Number(kept?.value[1])).toBeLessThanOrEqual(Number(first?.value[1]) + 1);
  }, 60_000);
});

describe('what can be wrong is said before anything starts', () => {
  test('missing programs are named together, with the command that gets them', async () => {
    const world = testWorld();
    const failure = await failureOf(
      startSystem(world, split, {
        ...wellBehaved,
        findBinary: async (name) =>
          /^(prometheus|redis_exporter)/.test(name)
            ? undefined
            : await findBinary(name, world.env['PATH']),
      }),
    );
    expect(failure.code).toBe(exitCode.notReady);
    expect(failure.message).toMatch(
      /^prometheus, prometheus-alertmanager, .*prometheus-redis-exporter/,
    );
    expect(failure.next).toBe('rtops setup');
    expect(processesOf(world)).toEqual([]);
  });

  test('without monitoring none of them is looked for', async () => {
    const world = testWorld();
    const asked: string[] = [];
    const system = await startSystem(world, single, {
      ...wellBehaved,
      findBinary: async (name) => {
        asked.push(name);
        return undefined;
      },
    });
    await system[Symbol.asyncDispose]();
    expect(asked).toEqual([]);
  });

  test.each(['prometheus', 'grafana'] as const)(
    'a fixed port of %s that is taken, and by whom',
    async (service) => {
      const blocker = createServer().listen(0, '127.0.0.1');
      onTestFinished(() => void blocker.close());
      await new Promise((resolve) => blocker.once('listening', resolve));
      const { port } = blocker.address() as AddressInfo;
      const world = testWorld();
      const failure = await failureOf(
        start(world, { ...watchedSingle, ports: { ...single.ports, [service]: port } }),
      );
      expect(failure.code).toBe(exitCode.notReady);
      expect(failure.message).toContain(`port ${port} `);
      expect(failure.why).toContain(`pid ${process.pid}`);
      expect(failure.next).toContain(`ports.${service}`);
      expect(processesOf(world)).toEqual([]);
    },
  );

  test('one port told for two', async () => {
    const port = await freePort();
    const ports = { ...single.ports, prometheus: port, alertmanager: port };
    const failure = await failureOf(start(testWorld(), { ...watchedSingle, ports }));
    expect(failure.code).toBe(exitCode.usage);
    expect(failure.message).toBe(`port ${port} is asked for twice`);
    expect(failure.why).toBe('for alertmanager and for prometheus');
  });

  test('a receiver that is no address, without printing it', async () => {
    const env = { ...process.env, RTOPS_SLACK_WEBHOOK_URL: 'hooks.test/hush-hush' };
    const failure = await failureOf(start(testWorld({ env }), watchedSingle));
    expect(failure.code).toBe(exitCode.notReady);
    expect(failure.message).toContain('RTOPS_SLACK_WEBHOOK_URL');
    const said = JSON.stringify([failure.message, failure.why, failure.evidence, failure.next]);
    expect(said).not.toContain('hush');
  });
});

describe('Grafana, by a stand-in: none can be had where the tests run', () => {
  test('stands beside the others where one is found, on a fixed port, with its datasource and dashboards', async () => {
    const env = { ...process.env, RTOPS_GRAFANA: grafanaOf() };
    const ports = { ...single.ports, grafana: await freePort() };
    const system = await start(testWorld({ env }), { ...watchedSingle, ports });
    const urls = observeUrls(await system.services());
    expect(urls.grafana).toBe(`http://127.0.0.1:${ports.grafana}`);
    const page = async (path: string) => await (await fetch(`${urls.grafana}${path}`)).text();
    expect(JSON.parse(await page('/argv'))).toEqual([
      'server',
      expect.stringMatching(/^--homepath=.+/),
    ]);
    expect(await page('/datasources/rtops.yml')).toContain(`url: ${urls.prometheus}`);
    expect(await page('/dashboards/rtops.yml')).toContain('/grafana/dashboards');
  });

  test('RTOPS_GRAFANA that names none is an error, and no other is taken', async () => {
    const env = { ...process.env, RTOPS_GRAFANA: '/nonexistent/grafana' };
    const failure = await failureOf(start(testWorld({ env }), watchedSingle));
    expect(failure.code).toBe(exitCode.notReady);
    expect(failure.message).toBe('RTOPS_GRAFANA names no program');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An archive's layout: `bin/grafana` beside `conf/defaults.ini`. */
function grafanaOf(): string {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'rtops-grafana-')));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const folder of ['bin', 'conf']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'conf', 'defaults.ini'), '');
  const file = join(home, 'bin', 'grafana');
  const entry = fileURLToPath(new URL('testing/stand-in-grafana.ts', import.meta.url));
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}
