/** A run on a system that is observed, with the real Prometheus. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { lintMetrics } from '../../server/testing/lint-metrics.ts';
import type { Report } from '../report/report.ts';
import { observeUrls } from '../system/observe-urls.ts';
import { startSystem } from '../system/start-system.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { single } from '../topology/testing/topologies.ts';
import { bench } from './bench.ts';
import type { BenchOptions } from './bench-request.ts';

const options = {
  scenario: undefined,
  rate: '3/s/user',
  stage: ['1s:20', '2s:20'],
  threshold: [],
  defaultThresholds: false,
  set: [],
  scale: [],
  runDir: 'run',
  reporter: ['quiet'],
  json: false,
} satisfies BenchOptions;

/** What our own jobs answer, as Prometheus asks them. */
async function ownPages(prometheus: string | null): Promise<ReadonlyMap<string, string>> {
  const answer = await fetch(`${prometheus}/api/v1/targets?state=active`);
  const { data } = (await answer.json()) as {
    data: { activeTargets: readonly { labels: { job: string }; scrapeUrl: string }[] };
  };
  const own = data.activeTargets.filter(({ labels }) => labels.job.startsWith('rtops-'));
  const pages = own.map(async ({ labels, scrapeUrl }) => {
    return [labels.job, await (await fetch(scrapeUrl)).text()] as const;
  });
  return new Map(await Promise.all(pages));
}

test('the page of a run is read to its end by the Prometheus of the system, which then forgets it', async () => {
  const world = testWorld();
  const system = await startSystem(world, { ...single, monitoring: true });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const targets = join(system.stateDir, 'targets');
  const { prometheus } = observeUrls(await system.services());
  const run = bench(world, options);
  await waitUntil(() => existsSync(targets) && readdirSync(targets).length === 1);
  const pages = await waitUntil(async () => {
    const own = await ownPages(prometheus);
    return own.has('rtops-run') ? own : undefined;
  });
  // What the linter of Prometheus says against each page of ours, while users are there.
  expect(Object.fromEntries([...pages].map(([job, page]) => [job, lintMetrics(page)]))).toEqual({
    ...{ 'rtops-exporter': [], 'rtops-run': [], 'rtops-server': [] },
  });
  await run;
  expect(readdirSync(targets)).toEqual([]);

  const { ledger, run: facts } = JSON.parse(
    readFileSync(join(world.cwd, 'run/report.json'), 'utf8'),
  ) as Report;
  const ask = async (expression: string): Promise<readonly string[]> => {
    const query = new URLSearchParams({ query: expression });
    const answer = await fetch(`${prometheus}/api/v1/query?${query.toString()}`);
    const { data } = (await answer.json()) as {
      data: { result: readonly { value: [number, string] }[] };
    };
    return data.result.map(({ value }) => value[1]);
  };
  const last = (name: string) => ask(`last_over_time(${name}{instance="run"}[1m])`);
  // Prometheus stores a page some ms after it has read it.
  await waitUntil(async () => (await last('rtops_client_sent_total'))[0] === String(ledger.sent));
  expect(await last('rtops_client_acked_total')).toEqual([String(ledger.acked)]);
  expect(await last('rtops_client_delivered_total')).toEqual([String(ledger.delivered)]);
  expect(await ask(`last_over_time(rtops_run_info{run="${facts.id}"}[1m])`)).toEqual(['1']);
  await waitUntil(async () => (await ask('up{job="rtops-run"}')).length === 0);
}, 60_000);
