/** What the contact sheet's script draws: lines and heatmaps as columns of numbers. */
import type { DrawnBand, DrawnPanel } from './inspection.ts';
import { stepOf } from './series.ts';
import type { NamedSeries } from './series.ts';

export type SheetLine = {
  readonly label: string;
  /** 1–10: a colour of the report's palette. */
  readonly color: number;
  /** 0–3: unbroken, dashed, dotted, both. Lines of one colour differ in it. */
  readonly stroke: number;
  /** In a stack, a line that is zero throughout would only cover the one below. */
  readonly drawn: boolean;
  readonly values: readonly (number | null)[];
};

export type SheetChart = {
  readonly id: string;
  readonly kind: 'lines' | 'heatmap';
  readonly unit: string;
  readonly decimals: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly stacked: boolean;
  readonly fill: number;
  readonly bars: boolean;
  readonly points: boolean;
  readonly log: boolean;
  /** Seconds since 1970. */
  readonly x: readonly number[];
  /** Of a heatmap: its buckets from the lowest, labelled by their upper bound. */
  readonly lines: readonly SheetLine[];
  readonly thresholds: readonly { readonly value: number; readonly color: string }[];
};

export type SheetBand = {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly color: string;
};

export type SheetData = {
  readonly from: number;
  readonly to: number;
  readonly charts: readonly SheetChart[];
  /** By the number of the dashboard. */
  readonly bands: readonly (readonly SheetBand[])[];
};

/** Points of a line; more than a panel has pixels for tell nothing. */
const maxPoints = 400;
const colors = 10;
const strokes = 4;
/** More lines than this are not drawn; the legend says so. */
export const maxLines = colors * strokes;

/** A panel of lines; `null` where it has none. */
export function lineChart(id: string, { panel, queries }: DrawnPanel): SheetChart | null {
  const series = queries.flatMap((query) => query.series).slice(0, maxLines);
  const x = timesOf(series);
  if (x.length === 0) return null;
  const { style } = panel;
  return {
    ...common(id, 'lines', panel),
    // A single line is told from the background by an area.
    fill: style.fillOpacity > 0 ? style.fillOpacity : series.length === 1 ? 10 : 0,
    x: x.map((at) => at / 1000),
    lines: drawnLines(
      series.map((one, index) => ({
        label: one.name,
        color: (index % colors) + 1,
        stroke: Math.floor(index / colors) % strokes,
        values: valuesAt(one, x),
      })),
      style.stacked,
    ),
    thresholds: style.thresholds.map(({ value, color }) => ({ value, color: cssColor(color) })),
  };
}

/** A heatmap: classic buckets, which count everything below their bound, taken apart. */
export function heatmapChart(id: string, { panel, queries }: DrawnPanel): SheetChart | null {
  const series = queries.flatMap((query) => query.series);
  const x = timesOf(series);
  if (x.length === 0) return null;
  const isCumulative = series.every((one) => one.labels['le'] !== undefined);
  const ordered = isCumulative ? series.toSorted((a, b) => boundOf(a) - boundOf(b)) : series;
  const columns = ordered.map((one) => valuesAt(one, x));
  const lines = ordered.map((one, row) => ({
    label: isCumulative ? (one.labels['le'] ?? '') : one.name,
    ...{ color: 1, stroke: 0, drawn: true },
    values: (columns[row] ?? []).map((value, at) => {
      if (value === null) return null;
      const below = isCumulative && row > 0 ? (columns[row - 1]?.[at] ?? 0) : 0;
      return rounded(Math.max(0, value - below));
    }),
  }));
  return {
    ...common(id, 'heatmap', panel),
    fill: 0,
    x: x.map((at) => at / 1000),
    // One empty row above the highest that is not: those up to +Inf would take the room of the others.
    lines: hasFigure(lines) ? lines.slice(0, lines.findLastIndex(isFigure) + 2) : lines,
    thresholds: [],
  };
}

function drawnLines(
  lines: readonly Omit<SheetLine, 'drawn'>[],
  isStacked: boolean,
): readonly SheetLine[] {
  const isAll = !isStacked || !hasFigure(lines);
  return lines.map((line) => ({ ...line, drawn: isAll || isFigure(line) }));
}

function hasFigure(lines: readonly Pick<SheetLine, 'values'>[]): boolean {
  return lines.some(isFigure);
}

/** Whether it is ever anything but zero. */
function isFigure({ values }: Pick<SheetLine, 'values'>): boolean {
  return values.some((value) => value !== null && value !== 0);
}

export function sheetBands(bands: readonly DrawnBand[]): readonly SheetBand[] {
  return bands.slice(0, 200).map(({ fromMs, toMs, title, color }) => ({
    from: fromMs / 1000,
    to: toMs / 1000,
    label: title.slice(0, 60),
    color: cssColor(color),
  }));
}

/** Grafana's colours by name as variables of the sheet's style; a hex colour as it is. */
export function cssColor(name: string): string {
  if (/^#[0-9a-fA-F]{3,8}$/.test(name)) return name;
  if (name.includes('red')) return '--bad';
  if (name.includes('green')) return '--good';
  if (name.includes('orange') || name.includes('yellow')) return '--warn';
  if (name.includes('purple')) return '--c5';
  return name.includes('blue') ? '--c1' : '--muted';
}

function common(id: string, kind: SheetChart['kind'], { style }: DrawnPanel['panel']) {
  return {
    id,
    kind,
    unit: style.unit,
    decimals: style.decimals,
    min: style.min,
    max: style.max,
    stacked: style.stacked,
    bars: style.drawStyle === 'bars',
    points: style.drawStyle === 'points',
    log: style.logarithmic,
  };
}

/** Every moment of any series, and one in each hole of a series; thinned. */
function timesOf(series: readonly NamedSeries[]): readonly number[] {
  const moments = new Set<number>();
  for (const { points } of series) {
    const step = stepOf(points);
    let before = Infinity;
    for (const [at] of points) {
      if (at - before > 1.5 * step) moments.add(before + step);
      moments.add(at);
      before = at;
    }
  }
  const all = [...moments].toSorted((a, b) => a - b);
  const every = Math.ceil(all.length / maxPoints);
  return all.filter((_, index) => (index + 1) % every === 0 || index === all.length - 1);
}

/**
 * The highest value since the moment before, so that no peak is lost. Where only others have a moment
 * the last one stands for as long as a step of its own: queries of one panel may have several.
 */
function valuesAt({ points }: NamedSeries, x: readonly number[]): readonly (number | null)[] {
  const step = stepOf(points);
  let next = 0;
  return x.map((at) => {
    let best: number | null = null;
    const first = next;
    for (let point = points[next]; point !== undefined && point[0] <= at; point = points[next]) {
      const [, value] = point;
      if (Number.isFinite(value) && (best === null || value > best)) best = value;
      next += 1;
    }
    const last = points[next - 1];
    if (next === first && last !== undefined && at - last[0] < step && Number.isFinite(last[1])) {
      return rounded(last[1]);
    }
    return best === null ? null : rounded(best);
  });
}

function boundOf({ labels }: NamedSeries): number {
  const le = labels['le'] ?? '';
  return le === '+Inf' ? Infinity : Number(le);
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
