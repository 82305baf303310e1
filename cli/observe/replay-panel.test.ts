import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { causeText } from '../inspect/cause.ts';
import type { CheckRow } from '../inspect/inspection.ts';
import type { Window } from '../inspect/panel-query.ts';
import { openShop, panelOf, setting } from './testing/replayed-shop.ts';
import type { GivenPanel, Shop } from './testing/replayed-shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop[Symbol.asyncDispose]());

describe('a panel replayed against a real Prometheus', () => {
  const good: readonly [string, GivenPanel, number][] = [
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
    const row = await shop.panelRow(given);
    expect(row).toMatchObject({ verdict: 'ok', cause: null, count: series });
  });

  const healthy: readonly [string, GivenPanel][] = [
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
    expect(await shop.panelRow(given)).toMatchObject({ verdict: 'healthy', cause: null });
  });

  const bad: readonly [string, GivenPanel, CheckRow['verdict'], RegExp][] = [
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
    const row = await shop.panelRow(given);
    expect(row.verdict).toBe(verdict);
    expect(row.cause === null ? '' : causeText(row.cause)).toMatch(cause);
  });

  test('a metric whose samples lie outside the window is told from one that never was', async () => {
    const late: Window = { fromMs: shop.window.toMs - 1500, toMs: shop.window.toMs };
    const once = await shop.panelRow({ expr: 'shop_once' }, { window: late });
    expect(once.cause).toEqual({ kind: 'outside-window', metric: 'shop_once' });
  });

  const skipped: readonly [string, GivenPanel, RegExp][] = [
    ['Loki', { expr: '{job="x"}', expect: 'data; needs: loki' }, /^no Loki here$/],
    [
      'a run',
      { expr: 'rtops_client_target_rate', expect: 'data; needs: run' },
      /^no bench in the window$/,
    ],
  ];
  test.each(skipped)('what needs %s is skipped where there is none', async (_, given, cause) => {
    const row = await shop.panelRow(given);
    expect(row.verdict).toBe('skipped');
    expect(row.cause === null ? '' : causeText(row.cause)).toMatch(cause);
  });

  test('fault-only: must show the fault where users felt one, and may be empty without', async () => {
    const given = { expr: 'shop_errors_total', expect: 'fault-only' };
    expect((await shop.panelRow(given)).verdict).toBe('all-zero');
    const calm = { ...setting, faulted: false };
    expect((await shop.panelRow(given, { setting: calm })).verdict).toBe('healthy');
  });

  test('a fault that may lie between two points of a wide window need not be seen', async () => {
    const given = { expr: 'shop_errors_total', expect: 'fault-only' };
    const brief = { ...setting, longestFaultMs: 1 };
    expect((await shop.panelRow(given, { setting: brief })).verdict).toBe('healthy');
    const dead = { expr: 'shop_queue', expect: 'nonzero' };
    expect((await shop.panelRow(dead, { setting: brief })).verdict).toBe('ok');
    const wrong = { expr: 'shop_errors_total', expect: 'nonzero' };
    expect((await shop.panelRow(wrong, { setting: brief })).verdict).toBe('all-zero');
  });

  test('restart-only and failover-only: the same, of a service that ended and of a node that was killed', async () => {
    for (const [kind, calm] of [
      ['restart-only', { ...setting, restarted: false }],
      ['failover-only', { ...setting, failedOver: false }],
    ] as const) {
      const given = { expr: 'shop_errors_total', expect: kind };
      expect((await shop.panelRow(given)).verdict).toBe('all-zero');
      expect((await shop.panelRow(given, { setting: calm })).verdict).toBe('healthy');
    }
  });

  test('a query that may be zero is exempt, the others are not', async () => {
    const expr = ['shop_queue', 'shop_errors_total'];
    expect((await shop.panelRow({ expr, expect: 'nonzero; zero: B' })).verdict).toBe('ok');
    expect((await shop.panelRow({ expr, expect: 'nonzero; zero: A' })).verdict).toBe('all-zero');
  });

  test('a panel is replayed for All and for each value by name', async () => {
    // `cash.only` must be escaped, and a series without the label is in `.*` and in no list.
    const both = await shop.panelRow({ expr: 'shop_orders_total{kind=~"$kind"}' });
    expect(both.verdict).toBe('ok');
    const without = await shop.panelRow({ expr: 'shop_queue{kind=~"$kind"}' });
    expect(without).toMatchObject({ verdict: 'empty', under: '$kind = card, cash.only' });
  });

  test('a panel without a title is told by its number', async () => {
    const { rows } = await shop.replayed([
      { ...panelOf({ expr: 'shop_queue', title: '' }), id: 12 },
      { ...panelOf({ expr: 'shop_queue', title: ' ' }), id: undefined },
    ]);
    const panels = rows.filter((row) => row.kind === 'panel');
    expect(panels.map(({ name }) => name)).toEqual(['panel 12', 'panel 2']);
  });

  test('a repeated panel is one for each value', async () => {
    const { rows, dashboards } = await shop.replayed([
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
    const row = await shop.panelRow(
      { expr: 'shop_orders_total{kind=~"$kind"}' },
      { asked: { kind: ['cash.only'] } },
    );
    expect(row).toMatchObject({ verdict: 'ok', count: 1 });
  });
});
