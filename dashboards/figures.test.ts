import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { shareBelow } from './promql.ts';
import { withoutVariables } from './testing/promql-facts.ts';
import { panelsOf, shippedDashboards } from './testing/shipped.ts';

/** Series as promtool writes them: name and labels → samples, one every two seconds. */
type Given = Readonly<Record<string, string>>;
/** Labels → value; none: the query has no series. */
type Wanted = Readonly<Record<string, number>>;

const of = (job: string, labels = ''): string => `{job="${job}", topology="scaled"${labels}}`;
const run = (name: string, labels = ''): string => `${name}${of('rtops-run', labels)}`;
const ws = (name: string, at: number, labels = ''): string =>
  `${name}${of('rtops-server', `, instance="ws-${at}"${labels}`)}`;

const sent = run('rtops_client_sent_total');
const delivered = run('rtops_client_delivered_total');
const missing = run('rtops_client_missing_total');
const letIn = run('rtops_client_connect_seconds_count');
const answered = run('rtops_client_http_seconds_count');

type Row = readonly [title: string, when: string, given: Given, wanted: Wanted];

const panels: readonly Row[] = [
  ['Delivered', 'all came', { [sent]: '0+10x30', [delivered]: '0+100x30' }, { '{}': 1 }],
  [
    'Delivered',
    'one of a hundred is missing',
    { [sent]: '0+10x30', [delivered]: '0+99x30', [missing]: '0+1x30' },
    { '{}': 0.99 },
  ],
  ['Delivered', 'there is no run', {}, {}],
  ['Missing', 'nothing was, and nobody counts it', { [sent]: '0+10x30' }, { '{}': 0 }],
  ['Missing', 'there is no run: no figure, not zero', {}, {}],
  ['Missing', 'some were', { [sent]: '0+10x30', [missing]: '7x30' }, { '{}': 7 }],
  [
    'Errors',
    'one of a hundred messages, connections and requests failed',
    {
      [sent]: '0+10x30',
      [letIn]: '100x30',
      [answered]: '0+20x30',
      [run('rtops_client_errors_total', ', kind="send"')]: '4x30',
      [run('rtops_client_errors_total', ', kind="connect"')]: '1x30',
      [run('rtops_client_errors_total', ', kind="http"')]: '5x30',
    },
    { '{}': 0.01 },
  ],
  [
    'Errors',
    'nothing was asked for yet',
    { [sent]: '0x30', [letIn]: '0x30', [answered]: '0x30' },
    {},
  ],
  [
    'Sends that left late',
    'one of ten',
    { [sent]: '0+20x30', [run('rtops_client_late_sends_total')]: '0+2x30' },
    { '{}': 0.1 },
  ],
  [
    'Balance',
    'one server has all users of two',
    {
      [ws('rtops_server_connections', 1, ', transport="websocket"')]: '100x30',
      [ws('rtops_server_connections', 2, ', transport="websocket"')]: '0x30',
    },
    { '{}': 2 },
  ],
  [
    'Balance',
    'nobody is there',
    { [ws('rtops_server_connections', 1, ', transport="websocket"')]: '0x30' },
    {},
  ],
  [
    'Alerts',
    'one fires, one is pending, and the watchdog is left out',
    {
      'ALERTS{alertname="A", alertstate="firing", topology="scaled"}': '1x30',
      'ALERTS{alertname="A", alertstate="pending", topology="scaled", instance="ws-1"}': '1x30',
      'ALERTS{alertname="B", alertstate="pending"}': '1x30',
      'ALERTS{alertname="C", alertstate="firing", topology="single"}': '1x30',
      'ALERTS{alertname="Watchdog", alertstate="firing"}': '1x30',
    },
    { '{alertname="A"}': 2, '{alertname="B"}': 1 },
  ],
];

const start = ws('process_start_time_seconds', 1);
const version = (at: number, is: string): string =>
  ws('rtops_server_info', at, `, version="${is}"`);

const killed = run('rtops_fault_active', ', kind="kill", target="ws-2"');

const bands: readonly Row[] = [
  ['Starts', 'a process is five seconds old', { [start]: '55x30' }, { [labelsOf(start)]: 5 }],
  ['Starts', 'a process is a minute old', { [start]: '0x30' }, {}],
  [
    'Deploys',
    'two versions run at once',
    { [version(1, '1')]: '1x30', [version(2, '2')]: '1x30' },
    { '{topology="scaled"}': 2 },
  ],
  ['Deploys', 'all are of one', { [version(1, '1')]: '1x30', [version(2, '1')]: '1x30' }, {}],
  [
    'Faults',
    'one is in place, one not yet',
    {
      [killed]: '1x30',
      [run('rtops_fault_active', ', kind="pause", target="redis"')]: '0x30',
    },
    { [killed]: 1 },
  ],
  // Between two scrapes lie up to two seconds: without the earlier one a band begins late and is short.
  [
    'Faults',
    'the next scrape is the first that saw it',
    { [killed]: '0x30 1x30' },
    { [killed]: 1 },
  ],
  ['Faults', 'the one after the next is', { [killed]: '0x31 1x30' }, {}],
  ['Faults', 'the last scrape no longer saw it', { [killed]: '1x29 0x30' }, {}],
];

describe('figures mean what their panels say', () => {
  test.each(panels)('%s: %s', (title, _, given, wanted) => {
    expect(evaluate(exprOf(title), given, wanted)).toBe('SUCCESS');
  });

  test('negative control: a wrong figure is told', () => {
    expect(evaluate(exprOf('Missing'), { [sent]: '0+10x30' }, { '{}': 1 })).toContain('FAILED');
  });
});

describe('bands are where they should be, and nowhere else', () => {
  test.each(bands)('%s: %s', (name, _, given, wanted) => {
    expect(evaluate(bandOf(name), given, wanted)).toBe('SUCCESS');
  });
});

test('of ten commands the eight most called have lines of their own, and the others one', () => {
  const redis = (name: string, labels: string): string => `${name}${of('redis', labels)}`;
  const calls = Array.from({ length: 10 }, (_, i) => [
    redis('redis_commands_total', `, cmd="c${i}"`),
    `0+${2000 + 2 * i}x40`,
  ]);
  const given = { ...Object.fromEntries(calls), [redis('redis_up', '')]: '1x40' };
  const own = Array.from({ length: 8 }, (_, i) => [`{cmd="c${i + 2}"}`, 1000 + (i + 2)]);
  expect(evaluate(exprOf('Commands'), given, Object.fromEntries(own))).toBe('SUCCESS');
  expect(evaluate(exprOf('Commands', 1), given, { '{}': 2001 })).toBe('SUCCESS');
  expect(evaluate(exprOf('Commands', 1), { [redis('redis_up', '')]: '1x40' }, { '{}': 0 })).toBe(
    'SUCCESS',
  );
});

test('a share below a bound that is no bucket would be a guess, and is refused', () => {
  expect(shareBelow(serverMetrics.httpSeconds, 0.15)).toContain('le="0.15"');
  expect(() => shareBelow(serverMetrics.httpSeconds, 0.16)).toThrow(/no bucket of 0.16/);
  expect(() => shareBelow(runMetrics.sent, 0.15)).toThrow(/no bucket/);
});

/** A query of a panel, in its final form, over a minute of these samples. */
function evaluate(expr: string, given: Given, wanted: Wanted): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtops-figures-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'test.yml');
  const tests = [
    {
      interval: '2s',
      input_series: Object.entries(given).map(([series, values]) => ({ series, values })),
      promql_expr_test: [
        {
          expr: withoutVariables(expr),
          eval_time: '60s',
          exp_samples: Object.entries(wanted).map(([labels, value]) => ({ labels, value })),
        },
        // Samples are there up to the last question only; a band looks one step ahead.
        { expr: 'vector(0)', eval_time: '70s', exp_samples: [{ labels: '{}', value: 0 }] },
      ],
    },
  ];
  writeFileSync(file, stringify({ evaluation_interval: '2s', rule_files: [], tests }));
  try {
    return execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8', stdio: 'pipe' })
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line === 'SUCCESS')
      .join('');
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

function exprOf(title: string, nth = 0): string {
  const found = shippedDashboards()
    .flatMap(panelsOf)
    .find((panel) => panel.title === title)?.targets?.[nth]?.expr;
  if (found === undefined) throw new Error(`no panel ${title}`);
  return found;
}

function bandOf(name: string): string {
  const found = shippedDashboards()[0]?.annotations.list.find((band) => band.name === name);
  if (found === undefined) throw new Error(`no band ${name}`);
  return found.expr;
}

function labelsOf(series: string): string {
  return series.replace(/^\w+/, '');
}
