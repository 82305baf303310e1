import { describe, expect, test } from 'vitest';

import type { DrawnPanel } from './inspection.ts';
import type { NamedSeries, Point } from './series.ts';
import { heatmapChart, lineChart } from './sheet-data.ts';
import { sheetPanel } from './sheet-panels.ts';
import { sampleInspection } from './testing/sample-inspection.ts';

const fromMs = 1_000_000;
const toMs = fromMs + 60_000;

/** The sample's panel of a kind with these series, one query each. */
function drawnWith(title: string, ...series: readonly NamedSeries[]): DrawnPanel {
  const panels = sampleInspection().dashboards[0]?.panels ?? [];
  const found = panels.find(({ panel }) => panel.title.startsWith(title));
  if (found === undefined) throw new Error(`no panel ${title}`);
  const format = 'time_series' as const;
  const queries = series.map((one) => ({ refId: 'A', instant: false, format, series: [one] }));
  return { ...found, queries };
}

/** A sample at each of these seconds, of the value given. */
const at = (seconds: readonly number[], value = 1): NamedSeries => ({
  ...{ name: `v${value}`, labels: {} },
  points: seconds.map((sec): Point => [fromMs + sec * 1000, value]),
});
const every = (step: number, from = 0, until = 60): readonly number[] =>
  Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, index) => from + index * step);
const htmlOf = (drawn: DrawnPanel): string => sheetPanel('p-0-0', drawn, fromMs, toMs).html;

describe('lines', () => {
  const columnsOf = (drawn: DrawnPanel) => {
    const chart = lineChart('x', drawn);
    const seconds = chart?.x.map((sec) => sec - fromMs / 1000);
    return { seconds, values: chart?.lines.map((line) => line.values) };
  };

  test('end where samples end, and begin where they begin again', () => {
    const drawn = drawnWith('Lines', at([0, 2, 4, 20, 22]));
    expect(columnsOf(drawn)).toEqual({
      ...{ seconds: [0, 2, 4, 6, 20, 22], values: [[1, 1, 1, null, 1, 1]] },
    });
    expect(columnsOf(drawnWith('Lines', at([0, 2, 4]))).values).toEqual([[1, 1, 1]]);
  });

  test('of queries with steps of their own are whole, and end by their own step', () => {
    const { seconds, values } = columnsOf(
      drawnWith('Lines', at(every(2, 0, 20), 1), at([0, 6, 12], 2)),
    );
    expect(seconds).toEqual(every(2, 0, 20));
    expect(values?.[0]).not.toContain(null);
    expect(values?.[1]).toEqual([...Array<number>(9).fill(2), null, null]);
  });

  test('of a long window are thinned, and lose neither a peak nor the end', () => {
    const points = every(1, 0, 1000).map((sec): Point => [fromMs + sec * 1000, sec % 500]);
    const chart = lineChart('x', drawnWith('Lines', { name: 'v', labels: {}, points }));
    expect(chart?.x.length).toBeLessThanOrEqual(401);
    expect(chart?.x.at(-1)).toBe(fromMs / 1000 + 1000);
    expect(chart?.lines[0]?.values).toContain(499);
    // The legend tells the last value, not the highest of the last few.
    const falling = points.map(([when], index): Point => [when, 1000 - index]);
    const html = htmlOf(drawnWith('Lines', { name: 'v', labels: {}, points: falling }));
    expect(html).toContain('v <b>0 s</b>');
  });

  test('beyond the ten colours are told apart by their strokes, in the picture and the legend', () => {
    const several = Array.from({ length: 23 }, (_, i) => ({ ...at([0, 2]), name: `line ${i}` }));
    const drawn = drawnWith('Lines', ...several);
    const lines = lineChart('x', drawn)?.lines ?? [];
    const looks = lines.map(({ color, stroke }) => `${color} ${stroke}`);
    expect(new Set(looks).size).toBe(23);
    expect(looks.slice(0, 10).every((look) => look.endsWith(' 0'))).toBe(true);
    const keys = [...htmlOf(drawn).matchAll(/<i (class="s\d" )?style="color:[^"]*"><\/i>line/g)];
    expect(new Set(keys.map(([key]) => key)).size).toBe(23);
  });

  test('of a stack that are zero throughout hide none below them; all zero, they are there', () => {
    const drawn = drawnWith('Lines', at([0, 2], 3), at([0, 2], 0));
    const stack = (panel: DrawnPanel): DrawnPanel => ({
      ...panel,
      panel: { ...panel.panel, style: { ...panel.panel.style, stacked: true } },
    });
    const drawnLines = (panel: DrawnPanel) => lineChart('x', panel)?.lines.map((l) => l.drawn);
    expect(drawnLines(drawn)).toEqual([true, true]);
    expect(drawnLines(stack(drawn))).toEqual([true, false]);
    expect(drawnLines(stack(drawnWith('Lines', at([0, 2], 0))))).toEqual([true]);
  });

  test('of a heatmap end above the highest bucket that anything fell into', () => {
    const bucket = (le: string, value: number) => ({ ...at([0, 2], value), labels: { le } });
    const buckets = ['1', '2', '5', '10', '+Inf'].map((le, i) => bucket(le, i === 0 ? 2 : 3));
    const chart = heatmapChart('x', drawnWith('Heat', ...buckets));
    expect(chart?.lines.map(({ label }) => label)).toEqual(['1', '2', '5']);
    // Of one in which nothing fell anywhere all stand.
    const bare = ['1', '+Inf'].map((le) => bucket(le, 0));
    expect(heatmapChart('x', drawnWith('Heat', ...bare))?.lines).toHaveLength(2);
  });

  test('of a heatmap have no cell where there were no samples', () => {
    const bucket = (le: string, value: number) => ({ ...at([0, 2, 4, 20], value), labels: { le } });
    const chart = heatmapChart('x', drawnWith('Heat', bucket('1', 2), bucket('+Inf', 5)));
    expect(chart?.lines.map((line) => line.values)).toEqual([
      [2, 2, 2, null, 2],
      [3, 3, 3, null, 3],
    ]);
  });
});

test('the line beside a figure is broken where there were no samples', () => {
  const path = (drawn: DrawnPanel) => / d="([^"]*)"/.exec(htmlOf(drawn))?.[1]?.match(/M/g)?.length;
  expect(path(drawnWith('Figure', at(every(2))))).toBe(1);
  expect(path(drawnWith('Figure', at([...every(2, 0, 20), ...every(2, 40, 60)])))).toBe(2);
});

test('a state that was seen once is a mark, not a state to the end', () => {
  const width = (drawn: DrawnPanel) =>
    / style="left:[^;]*;width:([\d.]+)%/.exec(htmlOf(drawn))?.[1];
  expect(width(drawnWith('States', at([10])))).toBe('0.30');
  expect(width(drawnWith('States', at(every(2))))).toBe('100.00');
});

test.each([
  { title: 'Lines', shown: 40 },
  { title: 'Figure', shown: 12 },
  { title: 'Gauge', shown: 24 },
  { title: 'States', shown: 16 },
  { title: 'Table', shown: 40 },
  { title: 'Alerts', shown: 40 },
])('$title: what there is no room for is said', ({ title, shown }) => {
  const several = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...at([0, 2]), labels: { i: String(i) } }));
  expect(htmlOf(drawnWith(title, ...several(shown + 3)))).toContain(
    'and 3 more that are not drawn',
  );
  expect(htmlOf(drawnWith(title, ...several(shown)))).not.toContain('more that are not drawn');
});
