import { describe, expect, test } from 'vitest';

import type { Detail } from '../samples/detail.ts';
import { chartData } from './chart-data.ts';
import type { Chart } from './chart-data.ts';
import { goodImpact } from '../verdict/testing/good-impact.ts';
import type { Report } from './report.ts';
import { sampleDetail } from './testing/sample-detail.ts';
import { sampleReport } from './testing/sample-report.ts';

function chartOf(id: string, detail: Detail, report: Report = sampleReport()): Chart {
  const chart = chartData(report, detail).charts.find((one) => one.id === id);
  if (chart === undefined) throw new Error(`no chart ${id}`);
  return chart;
}

test('a peak of one second survives the thinning of a long run', () => {
  const detail = sampleDetail(7200, 6);
  const points = detail.points.map((point, index) =>
    index === 4321 ? { ...point, deliveredPerSec: 987_600 } : point,
  );
  const chart = chartOf('delivered', { ...detail, points });
  expect(chart.x.length).toBeLessThanOrEqual(600);
  expect(chart.series[0]?.values).toContain(987_600);
});

test('the bounds of latency thresholds are drawn on the chart of their operation only', () => {
  const detail = sampleDetail();
  expect(chartOf('ack', detail).bounds).toEqual([{ y: 30, label: 'chat.ack p95 < 30ms' }]);
  expect(chartOf('cpu', detail).bounds).toEqual([]);
});

describe('a line is broken where nothing was read, and only there', () => {
  /** The values of a chart's first line between two moments, in seconds. */
  const between = ({ x, series }: Chart, from: number, to: number) =>
    series[0]?.values.filter((_, at) => (x[at] ?? 0) > from && (x[at] ?? 0) < to);
  const isOut = (ms: number) => ms > 20_500 && ms < 28_500;

  test('all services were down', () => {
    const detail = sampleDetail(50, 1);
    const services = detail.services.filter((one) => !isOut(one.atMs));
    const down = chartOf('cpu', { ...detail, services });
    expect(between(down, 20.5, 28.5)).toEqual([null]);
    expect(between(down, 0, 20.5)).not.toContain(null);
    const whole = chartOf('cpu', detail);
    expect(whole.series[0]?.values).not.toContain(null);
    expect(whole.x).toHaveLength(50);
  });

  test('one of several was down', () => {
    const detail = sampleDetail(50, 2);
    const services = detail.services.filter((one) => one.name === 'redis' || !isOut(one.atMs));
    const [nginx, redis] = chartOf('memory', { ...detail, services }).series;
    expect(nginx?.values.filter((value) => value === null)).toHaveLength(8);
    expect(redis?.values).not.toContain(null);
  });

  test('in a long run, within what became one point', () => {
    const detail = sampleDetail(7200, 1);
    const services = detail.services.filter((one) => !isOut(one.atMs));
    expect(between(chartOf('cpu', { ...detail, services }), 20.5, 28.5)).toEqual([null]);
  });

  test('no message became stable for a while', () => {
    const stability = [1000, 2000, 9000, 10_000].map((t) => ({ t, p50: 1, max: 2 }));
    const report = sampleReport({ impact: { ...goodImpact, stability } });
    const chart = chartOf('stability', sampleDetail(5), report);
    expect(chart.x).toEqual([1, 2, 5.5, 9, 10]);
    expect(chart.series[0]?.values).toEqual([1, 1, null, 1, 1]);
  });

  test('readings of one pass that lie about a half second are of one moment', () => {
    const detail = sampleDetail(50, 2);
    const services = detail.services.map((one) => ({
      ...one,
      atMs: one.atMs + (one.name === 'nginx' ? 499 : 501),
    }));
    const cpu = chartOf('cpu', { ...detail, services });
    expect(cpu.x).toHaveLength(50);
    for (const { values } of cpu.series) expect(values).not.toContain(null);
  });
});

test('a run of two days has its charts', () => {
  const [reading] = sampleDetail(1, 1).services;
  if (reading === undefined) throw new Error('the sample has a reading');
  const services = Array.from({ length: 172_800 }, (_, second) => ({
    ...reading,
    atMs: second * 1000,
  }));
  expect(chartOf('cpu', { points: [], services }).x.length).toBeLessThanOrEqual(600);
});
