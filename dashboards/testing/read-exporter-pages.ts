/**
 * Writes dashboards/exporter-metrics.ts: the names, types and labels of what the programs of others
 * expose, read from the pages of the real programs. Run it when one of them is raised:
 * `node dashboards/testing/read-exporter-pages.ts`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry, collectDefaultMetrics } from 'prom-client';

/** What every Go program says of itself. */
const notOurs = /^(go_|promhttp_|net_conntrack_)/;

type Page = Readonly<Record<string, { readonly type: string; readonly labels: readonly string[] }>>;

const folder = mkdtempSync(join(tmpdir(), 'rtops-pages-'));
const stops: (() => void)[] = [];
try {
  const pages = {
    node: readPage(await nodePage()),
    redis: readPage(await redisPage()),
    nginx: readPage(await nginxPage()),
    prometheus: readPage(await prometheusPage()),
    alertmanager: readPage(await alertmanagerPage()),
  };
  writeFileSync(join(import.meta.dirname, '../exporter-metrics.ts'), sourceOf(pages));
} finally {
  for (const stop of stops.toReversed()) stop();
  await sleep(300);
  rmSync(folder, { recursive: true, force: true });
}

/** prom-client's own families, as the server registers them. */
async function nodePage(): Promise<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  // Something to collect: a kind of collection is on the page once it happened.
  Array.from({ length: 300 }, () => Array.from({ length: 20_000 }, (_, i) => ({ i })));
  await sleep(200);
  return register.metrics();
}

async function redisPage(): Promise<string> {
  const port = await freePort();
  start('redis-server', [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    folder,
  ]);
  await answers(port);
  const exporter = await freePort();
  start('prometheus-redis-exporter', [
    `--redis.addr=redis://127.0.0.1:${port}`,
    `--web.listen-address=127.0.0.1:${exporter}`,
  ]);
  await page(exporter);
  // The second reading has seen the commands of the first.
  return page(exporter);
}

async function nginxPage(): Promise<string> {
  const port = await freePort();
  const conf = join(folder, 'nginx.conf');
  writeFileSync(
    conf,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.err;
     events {} http { access_log off; server { listen 127.0.0.1:${port}; location / { stub_status; } } }`,
  );
  start('nginx', ['-p', folder, '-e', join(folder, 'nginx.err'), '-c', conf]);
  await answers(port);
  const exporter = await freePort();
  start('prometheus-nginx-exporter', [
    `--nginx.scrape-uri=http://127.0.0.1:${port}/`,
    `--web.listen-address=127.0.0.1:${exporter}`,
  ]);
  return page(exporter);
}

async function prometheusPage(): Promise<string> {
  const port = await freePort();
  const conf = join(folder, 'prometheus.yml');
  const rules = join(folder, 'rules.yml');
  writeFileSync(rules, 'groups: [{name: a, rules: [{alert: A, expr: vector(1)}]}]');
  writeFileSync(
    conf,
    `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [${rules}]
scrape_configs: [{job_name: prometheus, static_configs: [{targets: ['127.0.0.1:${port}']}]}]`,
  );
  start('prometheus', [
    `--config.file=${conf}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await page(port);
  await sleep(3000);
  return page(port);
}

async function alertmanagerPage(): Promise<string> {
  const port = await freePort();
  const conf = join(folder, 'alertmanager.yml');
  writeFileSync(conf, 'route: {receiver: none}\nreceivers: [{name: none}]\n');
  start('prometheus-alertmanager', [
    `--config.file=${conf}`,
    `--storage.path=${join(folder, 'am')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
  return page(port);
}

function start(command: string, argv: readonly string[]): void {
  const child = spawn(command, argv, { stdio: 'ignore' });
  stops.push(() => child.kill());
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    const socket = createConnection(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`nothing answers on ${port}`);
}

async function page(port: number): Promise<string> {
  await answers(port);
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  if (!response.ok) throw new Error(`${port}: ${response.status}`);
  return response.text();
}

/** Families of a page in Prometheus' text format; samples of histograms and summaries fold into theirs. */
function readPage(text: string): Page {
  const types = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)/.exec(line);
    if (type !== null) types.set(type[1] ?? '', type[2] ?? '');
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line);
    if (sample === null) continue;
    const name = familyOf(sample[1] ?? '', types);
    const known = labels.get(name) ?? new Set<string>();
    for (const [, label] of (sample[2] ?? '').matchAll(/([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"/g)) {
      if (label !== undefined && label !== 'le') known.add(label);
    }
    labels.set(name, known);
  }
  return Object.fromEntries(
    [...types]
      .filter(([name]) => !notOurs.test(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, type]) => [name, { type, labels: [...(labels.get(name) ?? [])].toSorted() }]),
  );
}

function familyOf(sample: string, types: ReadonlyMap<string, string>): string {
  const base = sample.replace(/_(bucket|sum|count)$/, '');
  return types.has(sample) ? sample : base;
}

function sourceOf(pages: Readonly<Record<string, Page>>): string {
  const blocks = Object.entries(pages).map(([job, families]) => {
    const rows = Object.entries(families).map(
      ([name, { type, labels }]) =>
        `    ${name}: { type: '${type}', labels: [${labels.map((label) => `'${label}'`).join(', ')}] },`,
    );
    return `  ${job}: {\n${rows.join('\n')}\n  },`;
  });
  return [
    '/* oxlint-disable max-lines -- a list, written by a script */',
    '/**',
    ' * What the programs of others expose, read from their real pages by',
    ' * `node dashboards/testing/read-exporter-pages.ts`; do not edit. `node` is prom-client in a server.',
    ' */',
    'export const exporterPages = {',
    ...blocks,
    '} as const;',
    '',
  ].join('\n');
}
