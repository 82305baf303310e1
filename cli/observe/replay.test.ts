import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { PrometheusClient } from './prometheus-client.ts';
import { openShop, panelOf, setting, variables } from './testing/replayed-shop.ts';
import type { Shop } from './testing/replayed-shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop[Symbol.asyncDispose]());

const refusal = { kind: 'refused', text: 'query timed out' } as const;

describe('beside the panels', () => {
  test('variables must list values', async () => {
    const { rows } = await shop.replayed(
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
    const { rows, dashboards } = await shop.replayed([], {}, { annotations });
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
    const { rows } = await shop.replayed([]);
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
    const halfADay = { fromMs: shop.window.toMs - 43_200_000, toMs: shop.window.toMs };
    const annotations = [
      { name: 'Deploys', enable: true, iconColor: 'blue', expr: 'shop_queue > 100', step: '1s' },
    ];
    const alertList = panelOf({ expr: [], type: 'alertlist' });
    const { rows, dashboards } = await shop.replayed(
      [alertList],
      { window: halfADay },
      { annotations },
    );
    expect(rows.find((row) => row.kind === 'annotation')).toMatchObject({ verdict: 'healthy' });
    expect(dashboards[0]?.panels[0]?.queries).toMatchObject([{ refId: 'ALERTS' }]);
  });

  test.each([
    ['30 days', 30],
    ['a hundred years', 36_525],
  ])(
    'in a window of %s what is not seen is not called wrong, and a misspelt name still is',
    async (_, days) => {
      const { toMs } = shop.window;
      const wide = { fromMs: toMs - days * 86_400_000, toMs: toMs - 100 };
      const panels = [
        panelOf({ expr: 'shop_queue', title: 'between two steps' }),
        panelOf({ expr: 'shop_quueue', title: 'misspelt' }),
        panelOf({ expr: 'shop_queue', instant: true, title: 'of the end alone' }),
      ];
      const annotations = [
        { name: 'Faults', enable: true, iconColor: 'red', expr: 'rtops_fault_active == 1' },
      ];
      const over = { window: wide, setting: { ...setting, trafficMs: 4000 } };
      const { rows } = await shop.replayed(panels, over, { annotations });
      const told = rows.filter(({ kind }) => kind === 'panel' || kind === 'annotation');
      expect(told.map(({ name, verdict, cause }) => [name, verdict, cause?.kind])).toEqual([
        ['Faults', 'unseen', 'stepped-over'],
        ['between two steps', 'unseen', 'stepped-over'],
        ['misspelt', 'empty', 'never-created'],
        ['of the end alone', 'ok', undefined],
      ]);
    },
  );

  test.each([
    ['the targets', { queryRange: () => Promise.resolve(refusal) }],
    ['the names', { labelValues: () => Promise.resolve(refusal) }],
  ] as const)('where Prometheus refuses to tell %s, that is said, and no more', async (_, deaf) => {
    const busy: PrometheusClient = { ...shop.prometheus, ...deaf };
    await expect(shop.replayed([], { prometheus: busy })).rejects.toMatchObject({
      code: 121,
      why: 'query timed out',
    });
  });

  test('a question about series that is refused is no answer of none', async () => {
    await expect(shop.prometheus.series('shop_queue{', shop.window)).rejects.toMatchObject({
      code: 121,
    });
  });

  test('a window nobody scraped in has no verdict', async () => {
    const before = { fromMs: shop.window.fromMs - 900_000, toMs: shop.window.fromMs - 600_000 };
    await expect(shop.replayed([], { window: before })).rejects.toMatchObject({ code: 122 });
  });
});
