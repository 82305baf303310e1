import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { causeText } from '../inspect/cause.ts';
import type { DataSource } from '../inspect/dashboard.ts';
import type { CheckRow } from '../inspect/inspection.ts';
import type { Setting } from '../inspect/judge-panel.ts';
import type { Window } from '../inspect/panel-query.ts';
import { parseDashboard } from '../inspect/parse-dashboard.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { openApi } from './prometheus-api.ts';
import { prometheusClient } from './prometheus-client.ts';
import type { PrometheusClient } from './prometheus-client.ts';
import { prometheusAsker } from './asker.ts';
import type { ReplayRequest } from './asker.ts';
import { replay } from './replay.ts';
import type { Replay } from './replay.ts';
import { shopTarget } from './testing/shop-target.ts';
import { startPrometheus } from './testing/start-prometheus.ts';

/** Short, so that a window of seconds holds many scrapes. */
const scrapeSec = 0.2;
const source: DataSource = {
  uid: 'prom',
  name: 'Prometheus',
  type: 'prometheus',
  isDefault: true,
  scrapeIntervalSec: scrapeSec,
};
const setting: Setting = {
  present: {
    loki: false,
    alertmanager: false,
    nginx: true,
    redis: true,
    run: false,
    http: true,
    nodes: true,
    log: true,
  },
  hadFault: true,
  faulted: true,
  restarted: true,
  failedOver: true,
};

let prometheus: PrometheusClient;
let window: Window;
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

beforeAll(async () => {
  const target = stack.use(await shopTarget());
  const server = stack.use(await startPrometheus(config(target.address), rules));
  prometheus = prometheusClient(openApi(new URL(server.url), {}, 'rtops up --observe'));
  const fromMs = Date.now();
  await waitUntil(async () => {
    const answer = await prometheus.query('shop_orders_total{kind="cash.only"} >= 20', Date.now());
    return answer.kind === 'series' && answer.series.length > 0;
  });
  window = { fromMs, toMs: Date.now() };
});

/** A shop, a Redis exporter that is not there, and no nginx at all. */
function config(address: string): string {
  return `
global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }
scrape_configs:
  - job_name: shop
    static_configs:
      - { targets: ['${address}'], labels: { instance: a, topology: corner } }
  - job_name: redis
    static_configs:
      - { targets: ['127.0.0.1:1'], labels: { instance: redis } }
`;
}

const rules = `
groups:
  - name: shop
    rules:
      - { alert: Fires, expr: shop_queue > 100 }
      - { alert: Dead, expr: shop_quueue > 100 }
      - { alert: NoLabel, expr: 'shop_orders_total{kind="cheque"} > 1' }
      - { alert: RedisDown, expr: redis_up == 0 }
      - { alert: RunSlow, expr: rtops_client_target_rate > 1 }
`;

const refusal = { kind: 'refused', text: 'query timed out' } as const;

type Given = Parameters<typeof panelOf>[0];

function panelOf({
  expr,
  expect: expectation = 'data',
  ...more
}: {
  expr: string | readonly string[];
  expect?: string;
  legendFormat?: string;
  type?: string;
  instant?: boolean;
  datasource?: unknown;
  title?: string;
  repeat?: string;
}) {
  const exprs = typeof expr === 'string' ? [expr] : expr;
  return {
    id: 1,
    type: more.type ?? 'timeseries',
    title: more.title ?? 'the panel',
    description: `What it shows.\n\nexpect: ${expectation}`,
    datasource: more.datasource ?? { type: 'prometheus', uid: '${datasource}' },
    gridPos: { x: 0, y: 0, w: 12, h: 8 },
    ...(more.repeat === undefined ? {} : { repeat: more.repeat }),
    targets: exprs.map((one, index) => ({
      refId: 'ABC'[index],
      expr: one,
      legendFormat: more.legendFormat ?? '__auto',
      instant: more.instant ?? false,
    })),
  };
}

const variables = [
  { name: 'datasource', type: 'datasource', query: 'prometheus', current: {} },
  {
    name: 'kind',
    type: 'query',
    query: { query: 'label_values(shop_orders_total, kind)', refId: 'x' },
    datasource: { type: 'prometheus', uid: '${datasource}' },
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
    sort: 1,
  },
  { name: 'quantile', type: 'custom', query: '0.5,0.95', current: { value: '0.95' } },
];

async function replayed(
  panels: readonly unknown[],
  over: Partial<ReplayRequest> = {},
  parts: { variables?: readonly unknown[]; annotations?: readonly unknown[] } = {},
): Promise<Replay> {
  const dashboard = parseDashboard(
    {
      title: 'Shop',
      uid: 'shop',
      panels,
      templating: { list: parts.variables ?? variables },
      annotations: { list: parts.annotations ?? [] },
    },
    'shop.json',
  );
  return await replay({
    dashboards: [dashboard],
    sources: [source],
    window,
    setting,
    asked: {},
    prometheus,
    asker: prometheusAsker(prometheus),
    ...over,
  });
}

async function panelRow(given: Given, over: Partial<ReplayRequest> = {}): Promise<CheckRow> {
  const { rows } = await replayed([panelOf(given)], over);
  const row = rows.find((one) => one.kind === 'panel');
  if (row === undefined) throw new Error('no row of the panel');
  return row;
}

describe('a panel replayed against a real Prometheus', () => {
  const good: readonly [string, Given, number][] = [
    ['a rate', { expr: 'rate(shop_orders_total[$__rate_interval])' }, 2],
    ['a single value', { expr: 'sum(shop_queue)', instant: true, type: 'stat' }, 1],
    [
      'a quantile from a variable',
      {
        expr: 'histogram_quantile($quantile, sum by (le) (rate(shop_seconds_bucket[$__rate_interval])))',
      },
      1,
    ],
    ['All as a pattern', { expr: 'shop_orders_total{kind=~"$kind"}' }, 2],
    ['traffic where it is asked for', { expr: 'shop_queue', expect: 'nonzero' }, 1],
    ['zeros where they will do', { expr: 'shop_errors_total', expect: 'data' }, 1],
    ['many rows in a table', { expr: 'shop_shelf', type: 'table', instant: true }, 60],
  ];
  test.each(good)('%s: ok', async (_, given, series) => {
    const row = await panelRow(given);
    expect(row).toMatchObject({ verdict: 'ok', cause: null, count: series });
  });

  const healthy: readonly [string, Given][] = [
    ['nothing', { expr: 'shop_queue > 100', expect: 'empty-when-healthy' }],
    ['only zeros', { expr: 'shop_errors_total', expect: 'empty-when-healthy' }],
    [
      'what a page declares and has no series of yet',
      { expr: 'rate(shop_closed[1m])', expect: 'empty-when-healthy' },
    ],
    [
      'a value of a label that others have',
      { expr: 'shop_orders_total{kind="cheque"}', expect: 'empty-when-healthy' },
    ],
  ];
  test.each(healthy)('%s where that means health: healthy', async (_, given) => {
    expect(await panelRow(given)).toMatchObject({ verdict: 'healthy', cause: null });
  });

  const bad: readonly [string, Given, CheckRow['verdict'], RegExp][] = [
    [
      'a misspelt metric',
      { expr: 'rate(shop_order_total[$__rate_interval])' },
      'empty',
      /^series never created: .* shop_order_total; it has shop_orders_total$/,
    ],
    [
      'a target that was down',
      { expr: 'redis_connected_clients' },
      'empty',
      /^target not scraped: redis \(job redis\) was down: .*connection refused/,
    ],
    [
      'a job without any target',
      { expr: 'nginx_connections_active' },
      'empty',
      /^target not scraped: Prometheus had no target of job nginx, which has nginx_connections_active$/,
    ],
    [
      'a label value that is nowhere',
      { expr: 'shop_orders_total{kind="cheque"}' },
      'empty',
      /^label mismatch: no series of shop_orders_total has kind="cheque"; there is card, cash\.only$/,
    ],
    [
      'a label that is nowhere',
      { expr: 'shop_queue{zone="north"}' },
      'empty',
      /^label mismatch: no series of shop_queue has the label of zone="north"$/,
    ],
    [
      'a range below two scrapes',
      { expr: 'rate(shop_orders_total[1ms])' },
      'empty',
      /^too few samples: shop_orders_total\[1ms\] holds at most [01]; 2 are needed$/,
    ],
    [
      'a metric of one sample',
      { expr: 'rate(shop_once[$__rate_interval])' },
      'empty',
      /^too few samples/,
    ],
    [
      'operands that do not join',
      { expr: 'shop_queue * on (kind) shop_orders_total' },
      'empty',
      /^every selector has series, and the operators between them leave none/,
    ],
    [
      'one query of two',
      { expr: ['shop_queue', 'shop_quueue'] },
      'empty',
      /^series never created: Prometheus never saw shop_quueue/,
    ],
    ['zero by zero', { expr: 'shop_errors_total / shop_errors_total' }, 'nan', /^only NaN/],
    [
      'zeros where traffic is expected',
      { expr: 'shop_errors_total', expect: 'nonzero' },
      'all-zero',
      /^only zeros/,
    ],
    [
      'one legend for two series',
      { expr: 'shop_orders_total', legendFormat: '{{instance}}' },
      'duplicate-legends',
      /^several series are called a$/,
    ],
    ['sixty lines', { expr: 'shop_shelf' }, 'too-many-series', /^60 series; at most 49/],
    ['no PromQL', { expr: 'rate(shop_orders_total' }, 'error', /^query refused: .*parse error/],
    [
      'an unknown variable',
      { expr: 'shop_queue{a="$zone"}' },
      'error',
      /the dashboard has no \$zone/,
    ],
    [
      'an unknown data source',
      { expr: 'shop_queue', datasource: { type: 'prometheus', uid: 'gone' } },
      'error',
      /^data source unknown: uid gone is not provisioned$/,
    ],
    [
      'zeros of one query of two',
      { expr: ['shop_queue', 'shop_errors_total'], expect: 'nonzero' },
      'all-zero',
      /^only zeros/,
    ],
    [
      'health of what is misspelt',
      { expr: 'rate(shop_eror_total[$__rate_interval])', expect: 'empty-when-healthy' },
      'empty',
      /^series never created: Prometheus never saw shop_eror_total/,
    ],
    [
      'health of what is misspelt, behind an or',
      {
        expr: 'sum(shop_eror_total) or 0 * sum(shop_orders_total)',
        expect: 'empty-when-healthy',
      },
      'empty',
      /^series never created: Prometheus never saw shop_eror_total/,
    ],
    [
      'trouble beside what is misspelt',
      { expr: ['shop_queue', 'shop_eror_total'], expect: 'empty-when-healthy' },
      'empty',
      /^series never created: Prometheus never saw shop_eror_total/,
    ],
    [
      'health of a label that is nowhere',
      { expr: 'shop_errors_total{nosuch="x"}', expect: 'empty-when-healthy' },
      'empty',
      /^label mismatch: no series of shop_errors_total has the label of nosuch="x"$/,
    ],
    [
      'health of a target that is nowhere',
      { expr: 'shop_errors_total{instance="z"}', expect: 'empty-when-healthy' },
      'empty',
      /^label mismatch: no series of shop_errors_total has instance="z"; there is a$/,
    ],
    [
      'health that nobody looked at',
      { expr: 'redis_rejected_connections_total', expect: 'empty-when-healthy' },
      'empty',
      /^target not scraped: redis/,
    ],
  ];
  test.each(bad)('%s: named', async (_, given, verdict, cause) => {
    const row = await panelRow(given);
    expect(row.verdict).toBe(verdict);
    expect(row.cause === null ? '' : causeText(row.cause)).toMatch(cause);
  });

  test('a metric whose samples lie outside the window is told from one that never was', async () => {
    const late: Window = { fromMs: window.toMs - 1500, toMs: window.toMs };
    const once = await panelRow({ expr: 'shop_once' }, { window: late });
    expect(once.cause).toEqual({ kind: 'outside-window', metric: 'shop_once' });
  });

  const skipped: readonly [string, Given, RegExp][] = [
    ['Loki', { expr: '{job="x"}', expect: 'data; needs: loki' }, /^no Loki here$/],
    [
      'a run',
      { expr: 'rtops_client_target_rate', expect: 'data; needs: run' },
      /^no bench in the window$/,
    ],
  ];
  test.each(skipped)('what needs %s is skipped where there is none', async (_, given, cause) => {
    const row = await panelRow(given);
    expect(row.verdict).toBe('skipped');
    expect(row.cause === null ? '' : causeText(row.cause)).toMatch(cause);
  });

  test('fault-only: must show the fault where users felt one, and may be empty without', async () => {
    const given = { expr: 'shop_errors_total', expect: 'fault-only' };
    expect((await panelRow(given)).verdict).toBe('all-zero');
    const calm = { ...setting, faulted: false };
    expect((await panelRow(given, { setting: calm })).verdict).toBe('healthy');
  });

  test('restart-only and failover-only: the same, of a service that ended and of a node that was killed', async () => {
    for (const [kind, calm] of [
      ['restart-only', { ...setting, restarted: false }],
      ['failover-only', { ...setting, failedOver: false }],
    ] as const) {
      const given = { expr: 'shop_errors_total', expect: kind };
      expect((await panelRow(given)).verdict).toBe('all-zero');
      expect((await panelRow(given, { setting: calm })).verdict).toBe('healthy');
    }
  });

  test('a query that may be zero is exempt, the others are not', async () => {
    const expr = ['shop_queue', 'shop_errors_total'];
    expect((await panelRow({ expr, expect: 'nonzero; zero: B' })).verdict).toBe('ok');
    expect((await panelRow({ expr, expect: 'nonzero; zero: A' })).verdict).toBe('all-zero');
  });

  test('a panel is replayed for All and for each value by name', async () => {
    // `cash.only` must be escaped, and a series without the label is in `.*` and in no list.
    const both = await panelRow({ expr: 'shop_orders_total{kind=~"$kind"}' });
    expect(both.verdict).toBe('ok');
    const without = await panelRow({ expr: 'shop_queue{kind=~"$kind"}' });
    expect(without).toMatchObject({ verdict: 'empty', under: '$kind = card, cash.only' });
  });

  test('a repeated panel is one for each value', async () => {
    const { rows, dashboards } = await replayed([
      panelOf({ expr: 'shop_orders_total{kind=~"$kind"}', repeat: 'kind', title: 'Kind $kind' }),
    ]);
    const panels = rows.filter((row) => row.kind === 'panel');
    expect(panels.map(({ name, verdict, count }) => [name, verdict, count])).toEqual([
      ['Kind card', 'ok', 1],
      ['Kind cash.only', 'ok', 1],
    ]);
    expect(dashboards[0]?.panels.map(({ panel }) => panel.gridPos)).toEqual([
      { x: 0, y: 0, w: 12, h: 8 },
      { x: 12, y: 0, w: 12, h: 8 },
    ]);
  });

  test('a value of a variable can be asked for', async () => {
    const row = await panelRow(
      { expr: 'shop_orders_total{kind=~"$kind"}' },
      { asked: { kind: ['cash.only'] } },
    );
    expect(row).toMatchObject({ verdict: 'ok', count: 1 });
  });
});

describe('beside the panels', () => {
  test('variables must list values', async () => {
    const { rows } = await replayed(
      [],
      {},
      {
        variables: [
          ...variables,
          { name: 'zone', type: 'query', query: 'label_values(shop_queue, zone)' },
          { name: 'odd', type: 'query', query: 'zones please' },
          { name: 'logs', type: 'datasource', query: 'loki' },
        ],
      },
    );
    const own = rows.filter((row) => row.kind === 'variable');
    expect(own.map(({ name, verdict, count }) => [name, verdict, count])).toEqual([
      ['$datasource', 'ok', 1],
      ['$kind', 'ok', 2],
      ['$quantile', 'ok', 2],
      ['$zone', 'empty', 0],
      ['$odd', 'error', 0],
      ['$logs', 'skipped', 0],
    ]);
  });

  test('a fault must leave a band', async () => {
    const annotations = [
      {
        name: 'Faults',
        enable: true,
        iconColor: 'red',
        expr: 'rtops_fault_active == 1',
        step: '200ms',
        titleFormat: '{{kind}}@{{target}}',
        datasource: { type: 'prometheus', uid: 'prom' },
      },
      { name: 'Gone', enable: true, iconColor: 'red', expr: 'rtops_fault_active > 7', step: '1s' },
      { name: 'Deploys', enable: true, iconColor: 'blue', expr: 'shop_queue > 100', step: '1s' },
    ];
    const { rows, dashboards } = await replayed([], {}, { annotations });
    const own = rows.filter((row) => row.kind === 'annotation');
    expect(own.map(({ name, verdict, count }) => [name, verdict, count])).toEqual([
      ['Faults', 'ok', 1],
      ['Gone', 'empty', 0],
      ['Deploys', 'healthy', 0],
    ]);
    const [band] = dashboards[0]?.bands ?? [];
    expect(band?.title).toBe('kill@a');
    expect((band?.toMs ?? 0) - (band?.fromMs ?? 0)).toBeGreaterThan(300);
  });

  test('rules whose selectors are nowhere are found', async () => {
    const { rows } = await replayed([]);
    const own = rows.filter((row) => row.kind === 'rule');
    expect(own.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['Fires', 'ok'],
      ['Dead', 'empty'],
      ['NoLabel', 'empty'],
      ['RedisDown', 'empty'],
      ['RunSlow', 'skipped'],
    ]);
  });

  test('a window of half a day is asked in steps that Prometheus answers', async () => {
    const halfADay = { fromMs: window.toMs - 43_200_000, toMs: window.toMs };
    const annotations = [
      { name: 'Deploys', enable: true, iconColor: 'blue', expr: 'shop_queue > 100', step: '1s' },
    ];
    const alertList = panelOf({ expr: [], type: 'alertlist' });
    const { rows, dashboards } = await replayed([alertList], { window: halfADay }, { annotations });
    expect(rows.find((row) => row.kind === 'annotation')).toMatchObject({ verdict: 'healthy' });
    expect(dashboards[0]?.panels[0]?.queries).toMatchObject([{ refId: 'ALERTS' }]);
  });

  test.each([
    ['the targets', { queryRange: () => Promise.resolve(refusal) }],
    ['the names', { labelValues: () => Promise.resolve(refusal) }],
  ] as const)('where Prometheus refuses to tell %s, that is said, and no more', async (_, deaf) => {
    const busy: PrometheusClient = { ...prometheus, ...deaf };
    await expect(replayed([], { prometheus: busy })).rejects.toMatchObject({
      code: 121,
      why: 'query timed out',
    });
  });

  test('a question about series that is refused is no answer of none', async () => {
    await expect(prometheus.series('shop_queue{', window)).rejects.toMatchObject({ code: 121 });
  });

  test('a window nobody scraped in has no verdict', async () => {
    const before = { fromMs: window.fromMs - 900_000, toMs: window.fromMs - 600_000 };
    await expect(replayed([], { window: before })).rejects.toMatchObject({ code: 122 });
  });
});
