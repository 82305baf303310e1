/** An inspection of one panel of each kind, made up, for tests that draw it. */
import type { Cause } from '../cause.ts';
import type { CheckRow, DrawnPanel, DrawnQuery, Inspection } from '../inspection.ts';
import type { PanelVerdict } from '../judge-panel.ts';
import { parseDashboard } from '../parse-dashboard.ts';
import type { NamedSeries } from '../series.ts';

const fromMs = Date.UTC(2026, 10, 21, 14, 0, 0);
const toMs = fromMs + 60_000;

/** @param name put into every text that comes from outside: titles, labels, units, causes */
export function sampleInspection(name = 'sample'): Inspection {
  const grid = (index: number) => ({
    x: (index % 3) * 8,
    y: 1 + Math.floor(index / 3) * 8,
    w: 8,
    h: 8,
  });
  const kinds = samples(name);
  const dashboard = parseDashboard(
    {
      title: `Everything ${name}`,
      uid: 'every',
      description: `One of each ${name}`,
      panels: [
        { type: 'row', title: `Row ${name}`, gridPos: { x: 0, y: 0, w: 24, h: 1 } },
        ...kinds.map((kind, index) => ({
          id: index,
          type: kind.type,
          title: `${kind.title} ${name}`,
          description: `What it shows ${name}`,
          gridPos: grid(index),
          options: { content: `## Heading\n\nWords ${name}` },
          fieldConfig: { defaults: { unit: 's', noValue: `nothing ${name}`, ...kind.defaults } },
        })),
      ],
    },
    'every.json',
  );
  const panels = dashboard.panels.map((panel, index): DrawnPanel => {
    const kind = kinds[index];
    if (kind === undefined) throw new Error('a panel too many');
    const row: CheckRow | null =
      kind.verdict === null
        ? null
        : {
            dashboard: dashboard.title,
            kind: 'panel',
            name: panel.title,
            count: kind.series.length,
            verdict: kind.verdict,
            cause: kind.cause ?? null,
            refId: null,
            under: null,
          };
    const query: DrawnQuery = {
      refId: 'A',
      instant: false,
      format: 'time_series',
      series: kind.series,
    };
    return { panel, title: panel.title, row, queries: kind.series.length === 0 ? [] : [query] };
  });
  return {
    window: { fromMs, toMs },
    source: `http://127.0.0.1:9090 ${name}`,
    run: `run ${name}`,
    skewMs: 42_000,
    rows: panels.flatMap(({ row }) => row ?? []),
    dashboards: [
      {
        uid: 'every',
        title: dashboard.title,
        description: dashboard.description,
        rows: dashboard.rows,
        panels,
        variables: [{ name: 'instance', text: `All ${name}` }],
        bands: [
          {
            fromMs: fromMs + 20_000,
            toMs: fromMs + 30_000,
            title: `kill ${name}`,
            text: '',
            color: 'red',
          },
          { fromMs, toMs: fromMs + 15_000, title: 'ramp', text: '', color: 'blue' },
        ],
      },
    ],
  };
}

type Sample = {
  readonly type: string;
  readonly title: string;
  readonly defaults?: object;
  readonly verdict: PanelVerdict | null;
  readonly cause?: Cause;
  readonly series: readonly NamedSeries[];
};

function samples(name: string): readonly Sample[] {
  const waves = [1, 2, 3].map((factor) =>
    seriesOf(
      `ws-${factor} ${name}`,
      { instance: `ws-${factor}` },
      (at) => factor * (2 + Math.sin(at / 4)),
    ),
  );
  const buckets = ['0.01', '0.1', '1', '+Inf'].map((le, index) =>
    seriesOf(le, { le }, (at) => (index + 1) * (at % 7)),
  );
  const stacked = { custom: { stacking: { mode: 'normal' }, fillOpacity: 20 } };
  const flag = {
    unit: 'bool',
    mappings: [
      {
        type: 'value',
        options: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } },
      },
    ],
  };
  const threshold = { thresholds: { steps: [{ value: null }, { value: 5, color: 'red' }] } };
  return [
    { type: 'timeseries', title: 'Lines', verdict: 'ok', series: waves, defaults: threshold },
    { type: 'timeseries', title: 'Stack', verdict: 'ok', series: waves, defaults: stacked },
    {
      type: 'timeseries',
      title: 'Bars',
      verdict: 'ok',
      series: waves,
      defaults: { custom: { ...stacked.custom, drawStyle: 'bars' } },
    },
    {
      type: 'stat',
      title: 'Figure',
      verdict: 'ok',
      series: waves.slice(0, 1),
      defaults: threshold,
    },
    { type: 'bargauge', title: 'Gauge', verdict: 'ok', series: waves },
    { type: 'table', title: 'Table', verdict: 'ok', series: waves },
    { type: 'heatmap', title: 'Heat', verdict: 'ok', series: buckets },
    {
      type: 'state-timeline',
      title: 'States',
      verdict: 'ok',
      series: [seriesOf(`redis ${name}`, {}, (at) => (at > 10 && at < 15 ? 0 : 1))],
      defaults: flag,
    },
    { type: 'alertlist', title: 'Alerts', verdict: null, series: waves.slice(0, 1) },
    { type: 'text', title: 'Words', verdict: null, series: [] },
    {
      type: 'timeseries',
      title: 'Wrong',
      verdict: 'empty',
      cause: { kind: 'never-created', metric: `metric ${name}`, near: null },
      series: [],
    },
    {
      type: 'logs',
      title: 'Skipped',
      verdict: 'skipped',
      cause: { kind: 'missing', need: 'loki' },
      series: [],
    },
  ];
}

function seriesOf(
  name: string,
  labels: NamedSeries['labels'],
  value: (index: number) => number,
): NamedSeries {
  return {
    name,
    labels,
    points: Array.from({ length: 31 }, (_, index) => [fromMs + index * 2000, value(index)]),
  };
}
