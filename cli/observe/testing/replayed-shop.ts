/** A real Prometheus over a small shop, and dashboards of one panel replayed against it. */
import type { DataSource } from '../../inspect/dashboard.ts';
import type { CheckRow } from '../../inspect/inspection.ts';
import { fullSetting } from '../../inspect/testing/full-setting.ts';
import type { Setting } from '../../inspect/judge-panel.ts';
import type { Window } from '../../inspect/panel-query.ts';
import { parseDashboard } from '../../inspect/parse-dashboard.ts';
import { waitUntil } from '../../system/testing/wait-until.ts';
import { prometheusAsker } from '../asker.ts';
import type { ReplayRequest } from '../asker.ts';
import { openApi } from '../prometheus-api.ts';
import { prometheusClient } from '../prometheus-client.ts';
import type { PrometheusClient } from '../prometheus-client.ts';
import { replay } from '../replay.ts';
import type { Replay } from '../replay.ts';
import { shopTarget } from './shop-target.ts';
import { startPrometheus } from './start-prometheus.ts';

export type Shop = AsyncDisposable & {
  readonly prometheus: PrometheusClient;
  /** From the first scrape to the twentieth and more. */
  readonly window: Window;
  /** @param over what of the request is another than usual */
  replayed(
    panels: readonly unknown[],
    over?: Partial<ReplayRequest>,
    parts?: { readonly variables?: readonly unknown[]; readonly annotations?: readonly unknown[] },
  ): Promise<Replay>;
  /** The row of one panel. */
  panelRow(given: GivenPanel, over?: Partial<ReplayRequest>): Promise<CheckRow>;
};

/** Everything is there, and everything happened, but Loki, Alertmanager and a run. */
export const setting: Setting = {
  ...fullSetting,
  present: { ...fullSetting.present, loki: false, alertmanager: false, run: false },
};

/** Short, so that a window of seconds holds many scrapes. */
const scrapeSec = 0.2;
const source: DataSource = {
  uid: 'prom',
  name: 'Prometheus',
  type: 'prometheus',
  isDefault: true,
  scrapeIntervalSec: scrapeSec,
};

export async function openShop(): Promise<Shop> {
  await using opened = new AsyncDisposableStack();
  const target = opened.use(await shopTarget());
  const server = opened.use(await startPrometheus(config(target.address), rules));
  const prometheus = prometheusClient(openApi(new URL(server.url), {}, 'rtops up --observe'));
  const fromMs = Date.now();
  await waitUntil(async () => {
    const answer = await prometheus.query('shop_orders_total{kind="cash.only"} >= 20', Date.now());
    return answer.kind === 'series' && answer.series.length > 0;
  });
  const window = { fromMs, toMs: Date.now() };
  const replayed: Shop['replayed'] = async (panels, over = {}, parts = {}) => {
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
      opened: {},
      prometheus,
      asker: prometheusAsker(prometheus),
      ...over,
    });
  };
  const stack = opened.move();
  return {
    prometheus,
    window,
    replayed,
    async panelRow(given, over) {
      const { rows } = await replayed([panelOf(given)], over);
      const row = rows.find((one) => one.kind === 'panel');
      if (row === undefined) throw new Error('no row of the panel');
      return row;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

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

export type GivenPanel = Parameters<typeof panelOf>[0];

/** A panel as Grafana writes it. */
export function panelOf({
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

export const variables = [
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
