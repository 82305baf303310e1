/** The charts of the HTML report as columns of numbers, thinned so that a long run stays small. */
import type { Detail, DetailPoint } from '../samples/detail.ts';
import type { ServiceSample } from '../samples/resources.ts';
import { formatMs } from './format.ts';
import type { Report } from './report.ts';

/** One line of a chart; `color` names a CSS variable of the report's style. */
type ChartSeries = {
  readonly label: string;
  readonly color: string;
  readonly dash?: boolean;
  readonly values: readonly (number | null)[];
};

export type Chart = {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  /** How figures are written: `/s`, `ms`, `%`, `MB` or nothing. */
  readonly unit: string;
  /** Seconds since run start. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Bounds to draw as dashed lines. */
  readonly bounds: readonly { readonly y: number; readonly label: string }[];
};

export type ChartData = {
  readonly durationSec: number;
  /** Where a stage ends, in seconds. */
  readonly stageEnds: readonly number[];
  readonly faults: readonly {
    readonly from: number;
    readonly to: number;
    readonly label: string;
  }[];
  readonly charts: readonly Chart[];
};

/** Points of a chart; more than a screen has pixels for tell nothing. */
const maxPoints = 600;
/** Figures in all charts of services together; with about 5 bytes each this bounds the file. */
const maxServiceFigures = 24_000;
/** More lines than this cannot be told apart. */
const maxServiceLines = 10;

/** Everything the charts need. Charts without any figure are left out. */
export function chartData(report: Report, detail: Detail): ChartData {
  const points = thin(detail.points, maxPoints);
  const bounds = (op: string): Chart['bounds'] =>
    report.thresholds
      .filter((row) => row.unit === 'ms' && row.metric.split(/[\s[]/)[0] === op)
      .map((row) => ({ y: row.bound, label: row.text }));
  const all: Chart[] = [
    chartOfPoints(points, 'users', 'Users', 'connected, and how many the scenario wanted', '', [
      ['connected', '--c1', (point) => point.users],
      ['wanted', '--muted', (point) => point.targetUsers, true],
    ]),
    chartOfPoints(points, 'delivered', 'Deliveries', 'messages that reached a recipient', '/s', [
      ['delivered', '--c3', (point) => point.deliveredPerSec],
    ]),
    latencyChart(
      points,
      'ack',
      'Ack latency',
      'due time to the ack',
      bounds('chat.ack'),
      (point) => point.ackMs,
    ),
    latencyChart(
      points,
      'delivery',
      'Delivery latency',
      'due time to each recipient',
      bounds('chat.delivery'),
      (point) => point.deliveryMs,
    ),
    chartOfPoints(points, 'sent', 'Sent', 'messages, HTTP requests, and what failed', '/s', [
      ['messages', '--c1', (point) => point.sentPerSec],
      ['HTTP', '--c2', (point) => point.httpPerSec],
      ['errors', '--bad', (point) => point.errorsPerSec],
    ]),
    latencyChart(
      points,
      'http',
      'HTTP latency',
      'due time to the end of the answer',
      bounds('http'),
      (point) => point.httpMs,
    ),
    ...stabilityCharts(report),
    ...serviceCharts(detail.services),
  ];
  let untilMs = 0;
  const stageEnds = report.scenario.stages.map((stage) => {
    untilMs += stage.durationMs;
    return untilMs / 1000;
  });
  const last = detail.points.at(-1);
  return {
    durationSec: Math.max(report.run.durationMs, last?.t ?? 0) / 1000,
    stageEnds: stageEnds.slice(0, -1).slice(0, 60),
    faults: report.faults.slice(0, 60).map((fault) => ({
      from: fault.at / 1000,
      to: fault.until / 1000,
      label: `${fault.kind}@${fault.node}`,
    })),
    charts: all.filter((chart) =>
      chart.series.some((series) => series.values.some((value) => value !== null)),
    ),
  };
}

/** How long messages took from their ack to their last member, by second; only with faults. */
function stabilityCharts({ impact }: Report): readonly Chart[] {
  if (impact === undefined || impact === null) return [];
  const points = thin(impact.stability, maxPoints);
  return [
    {
      id: 'stability',
      title: 'Ack to the last member',
      hint: 'how long until everybody had what was acked',
      unit: 'ms',
      x: points.map((bucket) => seconds((bucket.at(-1) ?? bucket[0]).t)),
      series: [
        {
          label: 'p50',
          color: '--q95',
          values: points.map((bucket) => highest(bucket, (point) => point.p50)),
        },
        {
          label: 'slowest',
          color: '--q99',
          values: points.map((bucket) => highest(bucket, (point) => point.max)),
        },
      ],
      bounds: [],
    },
  ];
}

type PointSeries = readonly [
  label: string,
  color: string,
  read: (point: DetailPoint) => number | null,
  dash?: boolean,
];

/** Consecutive points that become one; the highest of each figure is kept, so that no peak is lost. */
type Bucket<T> = readonly [T, ...T[]];

function thin<T>(items: readonly T[], max: number): readonly Bucket<T>[] {
  const size = Math.max(1, Math.ceil(items.length / max));
  const buckets: Bucket<T>[] = [];
  for (let start = 0; start < items.length; start += size) {
    const [first, ...rest] = items.slice(start, start + size);
    if (first !== undefined) buckets.push([first, ...rest]);
  }
  return buckets;
}

function chartOfPoints(
  points: readonly Bucket<DetailPoint>[],
  id: string,
  title: string,
  hint: string,
  unit: string,
  series: readonly PointSeries[],
): Chart {
  return {
    id,
    title,
    hint,
    unit,
    x: points.map((bucket) => seconds((bucket.at(-1) ?? bucket[0]).t)),
    series: series.map(([label, color, read, dash]) => ({
      label,
      color,
      ...(dash === true ? { dash } : {}),
      values: points.map((bucket) => highest(bucket, read)),
    })),
    bounds: [],
  };
}

function latencyChart(
  points: readonly Bucket<DetailPoint>[],
  id: string,
  title: string,
  hint: string,
  bounds: Chart['bounds'],
  read: (point: DetailPoint) => DetailPoint['ackMs'],
): Chart {
  const chart = chartOfPoints(points, id, title, hint, 'ms', [
    ['p50', '--q50', (point) => read(point)?.p50 ?? null],
    ['p95', '--q95', (point) => read(point)?.p95 ?? null],
    ['p99', '--q99', (point) => read(point)?.p99 ?? null],
  ]);
  const unique = new Map(
    bounds.map((bound) => [bound.y, { ...bound, label: bound.label || formatMs(bound.y) }]),
  );
  return { ...chart, bounds: [...unique.values()] };
}

function serviceCharts(samples: readonly ServiceSample[]): readonly Chart[] {
  const byName = Map.groupBy(samples, (sample) => sample.name);
  const figures = [
    [
      'connections',
      'Connections',
      'open on each node, by its own count',
      '',
      (one) => one.connections,
    ],
    ['cpu', 'CPU', '100 % is one core', '%', (one) => one.cpuPct],
    ['memory', 'Memory', 'resident, all processes of a service', 'MB', (one) => one.rssMb],
  ] as const satisfies readonly (readonly [
    string,
    string,
    string,
    string,
    (one: ServiceSample) => number | null,
  ])[];
  return figures.map(([id, title, hint, unit, read]) => {
    const ranked = [...byName.entries()]
      .map(([name, own]) => ({ name, own, peak: Math.max(...own.map((one) => read(one) ?? -1)) }))
      .filter((one) => one.peak >= 0)
      .toSorted((a, b) => b.peak - a.peak);
    const shown = ranked.slice(0, maxServiceLines);
    const lines = Math.max(1, shown.length);
    const max = Math.min(maxPoints, Math.floor(maxServiceFigures / figures.length / lines));
    const { x, columns } = aligned(
      shown.map((one) => one.own),
      read,
      max,
    );
    const names = [...byName.keys()];
    return {
      id,
      title,
      hint:
        ranked.length > shown.length
          ? `${hint}; the ${shown.length} highest of ${ranked.length}`
          : hint,
      unit,
      x,
      series: shown
        .map((one, index) => ({
          label: one.name,
          // A service keeps its colour from chart to chart.
          color: `--c${(names.indexOf(one.name) % maxServiceLines) + 1}`,
          values: columns[index] ?? [],
        }))
        .toSorted((a, b) => names.indexOf(a.label) - names.indexOf(b.label)),
      bounds: [],
    };
  });
}

/** Readings of several services on one axis of whole seconds, thinned to `max` points. */
function aligned(
  services: readonly (readonly ServiceSample[])[],
  read: (sample: ServiceSample) => number | null,
  max: number,
): { readonly x: readonly number[]; readonly columns: readonly (readonly (number | null)[])[] } {
  const bySecond = services.map(
    (own) => new Map(own.map((one) => [Math.round(one.atMs / 1000), one])),
  );
  const all = [...new Set(bySecond.flatMap((own) => [...own.keys()]))].toSorted((a, b) => a - b);
  const buckets = thin(all, max);
  return {
    x: buckets.map((bucket) => bucket.at(-1) ?? bucket[0]),
    columns: bySecond.map((own) =>
      buckets.map((bucket) =>
        highest(bucket, (second) => {
          const sample = own.get(second);
          return sample === undefined ? null : read(sample);
        }),
      ),
    ),
  };
}

function highest<T>(bucket: readonly T[], read: (item: T) => number | null): number | null {
  let best: number | null = null;
  for (const item of bucket) {
    const value = read(item);
    if (value !== null && (best === null || value > best)) best = value;
  }
  return best === null ? null : short(best);
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** Four significant digits: more than a chart can show, few enough to keep the file small. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
