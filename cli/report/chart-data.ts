/** The charts of the HTML report as columns of numbers, thinned so that a long run stays small. */
import type { Detail, DetailPoint } from '../samples/detail.ts';
import { columnsOf, highest } from './chart-columns.ts';
import type { Column } from './chart-columns.ts';
import { formatMs } from './format.ts';
import type { Report } from './report.ts';
import { serviceCharts } from './service-charts.ts';

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

/** Everything the charts need. Charts without any figure are left out. */
export function chartData(report: Report, detail: Detail): ChartData {
  const points = columnsOf(detail.points, ({ t }) => t);
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
  const columns = columnsOf(impact.stability, ({ t }) => t);
  return [
    {
      id: 'stability',
      title: 'Ack to the last member',
      hint: 'how long until everybody had what was acked',
      unit: 'ms',
      x: columns.map(({ sec }) => sec),
      series: [
        {
          label: 'p50',
          color: '--q95',
          values: columns.map((column) => highest(column, ({ p50 }) => p50)),
        },
        {
          label: 'slowest',
          color: '--q99',
          values: columns.map((column) => highest(column, ({ max }) => max)),
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

function chartOfPoints(
  points: readonly Column<DetailPoint>[],
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
    x: points.map(({ sec }) => sec),
    series: series.map(([label, color, read, dash]) => ({
      label,
      color,
      ...(dash === true ? { dash } : {}),
      values: points.map((column) => highest(column, read)),
    })),
    bounds: [],
  };
}

function latencyChart(
  points: readonly Column<DetailPoint>[],
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
