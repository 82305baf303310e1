/** `--observe`: a system and those who watch it, from other shells, on the real programs. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { waitUntil } from '../cli/system/testing/wait-until.ts';
import { killSupervisor, newHome, processesOf } from './testing/rtops.ts';
import type { Ended, UpDocument } from './testing/rtops.ts';

const lenient = ['--no-default-thresholds', '--threshold', 'service.cpu[*] max < 10000%'];
const brief = ['--stage', '1s:40', '--stage', '4s:40', '--rate', '1/s/user', ...lenient];
const observers = ['alertmanager', 'exporter', 'nginx-exporter', 'prometheus', 'redis-exporter'];

test('split: watched from its start, used by a bench, its pages opened, killed, healed, gone', async () => {
  const home = newHome({ RTOPS_SLACK_WEBHOOK_URL: 'http://127.0.0.1:9/hush-hush' });
  const up = await home.run('up', 'split', '--observe', '-d', '--json');
  expect(up.code, up.stderr).toBe(0);
  const { observe, services } = JSON.parse(up.stdout) as UpDocument;
  expect(services.map(({ name }) => name)).toEqual(expect.arrayContaining(observers));
  expect(observe.grafana).toBeNull();

  // Ready means that each target was asked; a server that was slower is read the next time.
  expect(Object.keys(await valuesOf(observe.prometheus, 'up'))).toHaveLength(7);
  const read = await waitUntil(async () => {
    const now = await valuesOf(observe.prometheus, 'up');
    return Object.values(now).every((value) => value === 1) ? now : undefined;
  });
  expect(read).toEqual({
    'alertmanager alertmanager': 1,
    'nginx nginx': 1,
    'prometheus prometheus': 1,
    'redis redis': 1,
    'rtops-exporter exporter': 1,
    'rtops-server api-1': 1,
    'rtops-server ws-1': 1,
  });

  // What is up is used as it is, whether or not observers were asked for.
  const bench = await home.run('bench', '--topology', 'split', ...brief);
  expect(bench.code, bench.stdout + bench.stderr).toBe(home.unlessStarved(0));
  const report = home.report();
  expect(report.services.map(({ name }) => name)).toEqual(expect.arrayContaining(observers));
  expect(report.thresholds[0]?.why).not.toMatch(new RegExp(observers.join('|')));
  expect(report.topology?.monitoring).toBe(true);
  await waitUntil(async () => {
    const opened = await valuesOf(observe.prometheus, 'rtops_server_connections_opened_total');
    return Number(opened['rtops-server ws-1']) >= 40 ? opened : undefined;
  });

  const page = await home.run('open', 'prometheus');
  expect(page).toMatchObject({ code: 0, stdout: `${observe.prometheus}\n` });
  const grafana = await home.run('open', 'grafana');
  expect(grafana.code).toBe(120);
  expect(grafana.stderr).toContain(observe.prometheus);
  expect(grafana.stderr).toContain('rtops dashboards check');

  const secret = join(home.dir, '.rtops', 'conf', 'alertmanager.yml');
  expect(readFileSync(secret, 'utf8')).toContain('hush');
  expect((statSync(secret).mode & 0o777).toString(8)).toBe('600');

  killSupervisor(home);
  expect(processesOf(home).length).toBeGreaterThan(observers.length);
  expect((await home.run('heal')).code).toBe(0);
  expect(processesOf(home)).toEqual([]);
  expect((await home.run('open', 'prometheus')).code).toBe(120);

  // No secret was written where others may read, or said.
  const said = [up, bench, page, grafana].map(({ stdout, stderr }: Ended) => stdout + stderr);
  expect(said.join()).not.toContain('hush');
  for (const file of ['conf/prometheus.yml', 'conf/rules.yml', 'logs/supervisor.log']) {
    expect(readFileSync(join(home.dir, '.rtops', file), 'utf8')).not.toContain('hush');
  }
  // Nor is it kept while nothing is up.
  expect(existsSync(secret)).toBe(false);
  expect(existsSync(`${secret}.relayed`)).toBe(false);
});

test('a bench may start what it loads observed, and takes all of it down again', async () => {
  const home = newHome();
  const bench = await home.run('bench', '--observe', ...brief);
  expect(bench.code, bench.stdout + bench.stderr).toBe(home.unlessStarved(0));
  const report = home.report();
  expect(report.topology).toMatchObject({ name: 'single', monitoring: true });
  expect(report.services.map(({ name }) => name)).toContain('prometheus');
  expect(processesOf(home)).toEqual([]);
});

test('what is up without observers is not taken for observed', async () => {
  const home = newHome();
  expect((await home.run('up', 'single', '-d')).code).toBe(0);
  const bench = await home.run('bench', '--observe', ...brief);
  expect(bench.code, bench.stderr).toBe(2);
  expect(bench.stderr).toContain('it is not observed');
  const open = await home.run('open', 'prometheus');
  expect(open.code).toBe(120);
  expect(open.stderr).toContain('rtops up single --observe');
  expect((await home.run('down')).code).toBe(0);
});

test('without Prometheus: 120, what is missing, the command that gets it, and nothing started', async () => {
  const home = newHome({ PATH: '/nonexistent' });
  const up = await home.run('up', 'single', '--observe', '-d');
  expect(up.code, up.stdout + up.stderr).toBe(120);
  expect(up.stderr).toContain('prometheus, prometheus-alertmanager are not installed');
  expect(up.stderr).toContain('next: rtops setup');
  expect(processesOf(home)).toEqual([]);
  // The same without observers needs nothing.
  expect((await home.run('up', 'single', '-d')).code).toBe(0);
  expect((await home.run('down')).code).toBe(0);
});

/** `job instance` → the newest value of the series' sum. */
async function valuesOf(
  prometheus: string | null,
  series: string,
): Promise<Readonly<Record<string, number>>> {
  const expression = encodeURIComponent(`sum by (job, instance) (${series})`);
  const answer = await fetch(`${prometheus}/api/v1/query?query=${expression}`);
  const { data } = (await answer.json()) as {
    data: { result: readonly { metric: Record<string, string>; value: [number, string] }[] };
  };
  return Object.fromEntries(
    data.result.map(({ metric, value }) => [
      `${metric['job']} ${metric['instance']}`,
      Number(value[1]),
    ]),
  );
}
