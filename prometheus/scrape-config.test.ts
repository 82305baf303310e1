import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { scrapeConfig, scrapeIntervalSec } from './scrape-config.ts';
import type { ScrapeConfigInput } from './scrape-config.ts';

const input: ScrapeConfigInput = {
  topology: 'scaled',
  targets: [
    { job: 'rtops-server', instance: 'api-1', address: '127.0.0.1:4001' },
    { job: 'rtops-server', instance: 'ws-1', address: '127.0.0.1:4002' },
    { job: 'redis', instance: 'redis', address: '127.0.0.1:4003' },
    { job: 'prometheus', instance: 'prometheus', address: '127.0.0.1:4004' },
  ],
  runTargets: '../targets/*.json',
  ruleFiles: ['rules.yml'],
  alertmanager: '127.0.0.1:4005',
};

const Written = z.object({
  global: z.record(z.string(), z.string()),
  scrape_configs: z.array(
    z.object({
      job_name: z.string(),
      sample_limit: z.number().int().positive(),
      static_configs: z
        .array(z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) }))
        .optional(),
      file_sd_configs: z.array(z.unknown()).optional(),
    }),
  ),
});

describe('prometheus.yml', () => {
  test('promtool takes it, and refuses it with what only a newer Prometheus knows', () => {
    expect(promtool(scrapeConfig(input))).toContain('SUCCESS');
    const newer = scrapeConfig(input).replace(
      'global:\n',
      'global:\n  scrape_protocols: [PrometheusText0.0.4]\n',
    );
    expect(promtool(newer)).toContain('scrape_protocols');
  });

  test('each target has its topology and the name of its service', () => {
    const { scrape_configs: jobs } = Written.parse(parse(scrapeConfig(input)));
    const servers = jobs.find(({ job_name: name }) => name === 'rtops-server');
    expect(servers?.static_configs).toEqual([
      { targets: ['127.0.0.1:4001'], labels: { topology: 'scaled', instance: 'api-1' } },
      { targets: ['127.0.0.1:4002'], labels: { topology: 'scaled', instance: 'ws-1' } },
    ]);
  });

  test('what has no target has no job, but runs always may come', () => {
    const { scrape_configs: jobs } = Written.parse(parse(scrapeConfig({ ...input, targets: [] })));
    expect(jobs.map(({ job_name: name }) => name)).toEqual(['rtops-run']);
    expect(jobs[0]?.file_sd_configs).toEqual([
      { files: ['../targets/*.json'], refresh_interval: '1s' },
    ]);
  });

  test('reads and judges at one interval, and waits no longer than it', () => {
    const { global } = Written.parse(parse(scrapeConfig(input)));
    const interval = `${scrapeIntervalSec}s`;
    expect(global).toEqual({
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
    });
  });

  test('without Alertmanager nobody is told, and it is still a valid file', () => {
    const text = scrapeConfig({ ...input, alertmanager: null });
    expect(text).not.toContain('alerting');
    expect(promtool(text)).toContain('SUCCESS');
  });
});

/** What the real `promtool check config` says, be it good or bad. */
function promtool(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-scrape-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'rules.yml'), 'groups: []\n');
  writeFileSync(join(dir, 'prometheus.yml'), text);
  try {
    const args = ['check', 'config', join(dir, 'prometheus.yml')];
    return execFileSync('promtool', args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
}
