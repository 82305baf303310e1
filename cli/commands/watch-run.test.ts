import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { runMetrics } from '../../server/metric-contract.ts';
import { exitCode } from '../exit-code.ts';
import { contractBreaches, valueOf } from '../observe/testing/parse-page.ts';
import type { Report } from '../report/report.ts';
import { freePorts } from '../system/ports.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { bench } from './bench.ts';
import type { BenchOptions } from './bench-request.ts';

const options = {
  scenario: undefined,
  topology: 'single',
  rate: '3/s/user',
  stage: ['1s:40', '3s:40'],
  threshold: [],
  defaultThresholds: false,
  set: [],
  scale: [],
  reporter: ['quiet'],
  json: false,
} satisfies BenchOptions;

/** Runs it and reads its page as a Prometheus would; the pages in order, the last with the final values. */
async function benchAndScrape(world: TestWorld, metricsPort: number): Promise<readonly string[]> {
  const pages: string[] = [];
  let over = false;
  const run = bench(world, { ...options, metricsPort, runDir: 'run' }).finally(() => {
    over = true;
  });
  while (!over) {
    const page = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(
      (answer) => answer.text(),
      () => undefined,
    );
    if (page !== undefined) pages.push(page);
    await world.clock.sleep(150);
  }
  await run;
  return pages;
}

describe('the page of a run', () => {
  test('has the contract from its first scrape, and at the end what the report says', async () => {
    const world = testWorld();
    const [port = 0] = await freePorts(world, '127.0.0.1', 1);
    const pages = await benchAndScrape(world, port);
    const first = pages[0] ?? '';
    const last = pages.at(-1) ?? '';
    // A series of a fault stands where a fault is planned.
    const families = Object.values(runMetrics).filter(({ name }) => name !== 'rtops_fault_active');
    expect(contractBreaches(first, families)).toEqual([]);
    expect(contractBreaches(first.replaceAll('rtops_phase{', 'rtops_state{'), families)).toContain(
      'rtops_phase is not on the page',
    );

    const report = JSON.parse(readFileSync(join(world.cwd, 'run/report.json'), 'utf8')) as Report;
    const { ledger, ops } = report;
    expect(report.run.partial).toBe(false);
    const of = (name: string): number | undefined => valueOf(last, name);
    expect(ledger.sent).toBeGreaterThan(300);
    expect(of('rtops_client_sent_total')).toBe(ledger.sent);
    expect(of('rtops_client_acked_total')).toBe(ledger.acked);
    expect(of('rtops_client_delivered_total')).toBe(ledger.delivered);
    expect(of('rtops_client_ack_seconds_count')).toBe(ledger.acked);
    expect(of('rtops_client_delivery_seconds_count')).toBe(ops['chat.delivery']?.count);
    expect(of('rtops_client_connect_seconds_count')).toBe(ops['connect']?.count);
    expect(of('rtops_client_http_seconds_count')).toBe(ops['http']?.count);
    expect(valueOf(last, 'rtops_client_ack_seconds_bucket', { le: '+Inf' })).toBe(ledger.acked);
    for (const clean of ['missing', 'duplicate', 'out_of_order', 'refused', 'reconnects']) {
      expect(of(`rtops_client_${clean}_total`), clean).toBe(0);
    }
    // The report's p95 lies in the bucket that the page's counts put it in.
    const p95Sec = (ops['chat.ack']?.latencyMs.p95 ?? 0) / 1000;
    const bounds = runMetrics.ackSeconds.buckets ?? [];
    const bound = bounds.find((sec) => sec >= p95Sec) ?? Infinity;
    const upTo = valueOf(last, 'rtops_client_ack_seconds_bucket', { le: String(bound) }) ?? 0;
    expect(upTo / ledger.acked).toBeGreaterThanOrEqual(0.95);

    const phases = pages.map((page) =>
      ['ramp', 'hold', 'drain'].find((phase) => valueOf(page, 'rtops_phase', { phase }) === 1),
    );
    expect([...new Set(phases)]).toEqual(['ramp', 'hold', 'drain']);
  }, 30_000);

  test('cannot be served on a port that is taken', async () => {
    const world = testWorld();
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port = 0 } = other.address() as { port?: number };
    await expect(bench(world, { ...options, metricsPort: port })).rejects.toMatchObject({
      code: exitCode.notReady,
    });
  }, 30_000);
});
