import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { metricFamilies, serverMetrics } from '../../server/metric-contract.ts';
import { exitCode } from '../exit-code.ts';
import { failureOf } from '../scenario/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { metrics as thresholdMetrics } from '../verdict/metrics.ts';
import { alertNames } from './explain-alert.ts';
import { explain } from './explain.ts';

function told(name?: string, markdown = false): string {
  const world = testWorld();
  expect(explain(world, { name, markdown })).toBe(exitCode.pass);
  return world.printed.stdout;
}

describe('explain', () => {
  test('says of every metric what it is, its labels with their values, and why it may be empty', () => {
    expect(metricFamilies.length).toBeGreaterThanOrEqual(50);
    for (const family of metricFamilies) {
      const text = told(family.name);
      expect(text).toContain(family.help);
      expect(text).toContain(`${family.kind}, ${family.unit}`);
      for (const [label, rule] of Object.entries(family.labels)) {
        expect(text).toContain(`label ${label}`);
        expect(text).toContain('values' in rule ? rule.values.join(', ') : rule.what);
      }
      expect(text).toContain(family.emptyWhen ?? 'never, while its target is up');
    }
  });

  test.each(['_bucket', '_sum', '_count'])('takes the series %s for its histogram', (suffix) => {
    const { name } = serverMetrics.adapterLagSeconds;
    expect(told(`${name}${suffix}`)).toBe(told(name));
  });

  test('knows the metrics of thresholds, with a threshold that could be typed', () => {
    for (const { name, about } of thresholdMetrics) expect(told(name)).toContain(about);
    expect(told('chat.ack')).toContain("--threshold 'chat.ack p50 < 10ms'");
  });

  test('knows every exit code', () => {
    for (const code of Object.values(exitCode)) {
      expect(told(String(code))).toMatch(new RegExp(`^exit code ${code}\n  \\w`));
    }
  });

  test('knows every alert: what it means, what to look at and to do, and when it fires', () => {
    expect(alertNames.length).toBeGreaterThan(20);
    for (const name of alertNames.filter((one) => one !== 'RtopsDrill')) {
      expect(told(name)).toMatch(/^\w+\n  (critical|warning|info|none)/);
      expect(told(name)).toMatch(/\n  fires when/);
      if (name !== 'Watchdog') expect(told(name)).toMatch(/\n  - Look at: .+\n  - Do: /);
    }
    expect(told('ServerDown')).toContain('up{job="rtops-server"} == 0\n    for 10 s');
    expect(told('ServerDown')).not.toContain('ServerMissing');
    expect(
      told('LatencySLO').match(/fires when of=(client|server) burn=(fast|slow)/g),
    ).toHaveLength(4);
  });

  test('knows the alert of the fire drill, which a receiver of it may ask for', () => {
    expect(told('RtopsDrill')).toMatch(
      /^RtopsDrill\n  warning\. .*rtops alerts test.*nothing is wrong/,
    );
    expect(told('RtopsDrill')).toMatch(/\n  - Look at: .+\n  - Do: /);
    expect(told()).toContain('\n  RtopsDrill\n');
  });

  test.each([
    ['serverdown', 'ServerDown'],
    ['RTOPSDRILL', 'RtopsDrill'],
    ['Chat.Ack', 'chat.ack'],
    ['RTOPS_SERVER_CONNECTIONS', 'rtops_server_connections'],
  ])('takes %s for %s: capitals tell no two names apart', (typed, name) => {
    expect(told(typed)).toBe(told(name));
  });

  test('without a name lists them all', () => {
    const text = told();
    for (const { name } of [...metricFamilies, ...thresholdMetrics]) expect(text).toContain(name);
  });

  test.each([
    ['redis_up', 'redis_exporter'],
    ['nginx_connections_active', 'nginx-prometheus-exporter'],
    ['nodejs_eventloop_lag_p99_seconds', 'prom-client'],
  ])('says of %s who exposes it, and where its own help is', (name, by) => {
    expect(told(name)).toContain(by);
    expect(told(name)).toContain(`/api/v1/metadata?metric=${name}`);
  });

  test('says of `up` that Prometheus makes it', () => {
    expect(told('up')).toContain('Prometheus makes it');
  });

  test.each([
    ['redis_up{job="redis"}', 'rtops explain'],
    ['rtops_server_conections', 'rtops explain rtops_server_connections'],
    ['chat.ak', 'rtops explain chat.ack'],
    ['ping_rtt', 'rtops explain rtops_server_ping_rtt_seconds'],
    ['rtops_server_connections_bucket', 'rtops explain rtops_server_connections'],
    ['7', 'rtops explain'],
    ['__proto__', 'rtops explain'],
    ['', 'rtops explain'],
  ])('of %j says what was probably meant, with exit code 2', (name, next) => {
    const failure = failureOf(() => explain(testWorld(), { name, markdown: false }));
    expect(failure.code).toBe(exitCode.usage);
    expect(failure.next).toBe(next);
  });
});

describe('--json', () => {
  const documentOf = (name?: string): unknown => {
    const world = testWorld();
    explain(world, { name, markdown: false, json: true });
    return JSON.parse(world.printed.stdout);
  };

  test.each([
    ['RTOPS_SERVER_CONNECTIONS', { of: 'metric', name: 'rtops_server_connections', kind: 'gauge' }],
    [
      'chat.ack',
      { of: 'threshold', statistics: expect.arrayContaining([{ name: 'p95', unit: 'ms' }]) },
    ],
    ['122', { of: 'exit code', code: 122 }],
    ['serverdown', { of: 'alert', rules: [{ expr: 'up{job="rtops-server"} == 0', forSec: 10 }] }],
    ['RtopsDrill', { of: 'alert', about: expect.stringContaining('nothing is wrong'), rules: [] }],
    ['redis_up', { of: 'foreign metric', about: expect.stringContaining('redis_exporter') }],
  ])('of %s is one document', (name, expected) => {
    expect(documentOf(name)).toMatchObject({ schemaVersion: 1, ...expected });
  });

  test('without a name it lists all that can be explained', () => {
    const list = documentOf() as Record<string, readonly { about: string }[]>;
    expect(list['metrics']).toHaveLength(metricFamilies.length);
    expect(list['alerts']).toHaveLength(alertNames.length);
    expect(list['exitCodes']).toHaveLength(Object.keys(exitCode).length);
    expect(list['alerts']?.every(({ about }) => about.length > 20)).toBe(true);
  });

  test('of what nobody knows is a usage error, as the text is', () => {
    const failure = failureOf(() => documentOf('chat.ak'));
    expect(failure).toMatchObject({ code: exitCode.usage, next: 'rtops explain chat.ack' });
  });
});

test('a name beside --markdown is refused, not left out', () => {
  const failure = failureOf(() => explain(testWorld(), { name: 'chat.ack', markdown: true }));
  expect(failure).toMatchObject({ code: exitCode.usage, next: 'rtops explain chat.ack' });
});

describe('docs/metrics.md', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');

  test('is what `rtops explain --markdown` prints', () => {
    expect(document).toBe(told(undefined, true));
  });

  test('would differ if a metric had another help, or one were missing', () => {
    for (const { name, help } of metricFamilies) {
      expect(document).toContain(`### \`${name}\`\n`);
      expect(document).toContain(help);
    }
  });
});
