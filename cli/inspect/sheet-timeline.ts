/** A state timeline: a lane a series, a block a stretch of one value. */
import { escapeMarkup } from '../report/escape-markup.ts';
import { formatUnit } from './format-unit.ts';
import type { DrawnPanel } from './inspection.ts';
import { stepOf } from './series.ts';
import type { Point } from './series.ts';
import { cssColor } from './sheet-data.ts';
import { moreOf } from './sheet-more.ts';

const maxLanes = 16;

/** @param from ms; @param to ms: the ends of the lane */
export function timelineBody({ panel, queries }: DrawnPanel, from: number, to: number): string {
  const { style, gridPos } = panel;
  /** Each text → its colour. */
  const keys = new Map<string, string>();
  let isEachNamed = true;
  const series = queries.flatMap((query) => query.series);
  const lanes = series.slice(0, maxLanes).map((one) => {
    const blocks = stretches(one.points, to).map(({ value, start, end }) => {
      const left = percent(start, from, to);
      const width = Math.max(0.3, percent(end, from, to) - left);
      const step = style.thresholds.filter((threshold) => value >= threshold.value).at(-1);
      const mapped = style.mappings[String(value)];
      const named = cssColor(mapped?.color || (step?.color ?? 'blue'));
      const color = named.startsWith('--') ? `var(${named})` : named;
      const text = mapped?.text ?? formatUnit(value, style.unit, style.decimals);
      const fits = text.length * 6.5 + 6 <= (width / 100) * laneWidthPx(gridPos.w);
      keys.set(text, color);
      isEachNamed &&= fits;
      return `<u style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%;background:${color}" title="${escapeMarkup(text)}">${fits ? escapeMarkup(text) : ''}</u>`;
    });
    return `<li><span>${escapeMarkup(one.name)}</span><i>${blocks.join('')}</i></li>`;
  });
  return `<ul class="body lanes">${lanes.join('')}${moreOf(series, maxLanes, 'li')}</ul>${isEachNamed ? '' : keyList(keys)}`;
}

/** What a lane has of a panel, at least, on a screen of 1,280 px: its name takes the rest. */
function laneWidthPx(columns: number): number {
  return Math.max(60, columns * 50 * 0.55 - 30);
}

/** All that is drawn: a list of some would say that there are no others. */
function keyList(keys: ReadonlyMap<string, string>): string {
  const items = [...keys].map(
    ([text, color]) => `<li><i style="background:${color}"></i>${escapeMarkup(text)}</li>`,
  );
  return `<ul class="keys">${items.join('')}</ul>`;
}

type Stretch = { readonly value: number; readonly start: number; readonly end: number };

/** A stretch ends where the next value begins, or where samples end. */
function stretches(points: readonly Point[], to: number): readonly Stretch[] {
  // How long a single sample held is not known: it is a mark.
  const usual = points.length < 2 ? 0 : stepOf(points);
  const found: Stretch[] = [];
  for (const [at, value] of points) {
    const last = found.at(-1);
    const isNext = last !== undefined && at - last.end <= usual * 0.5;
    const end = Math.min(to, at + usual);
    if (isNext && last.value === value) found[found.length - 1] = { ...last, end };
    else found.push({ value, start: at, end });
  }
  return found;
}

function percent(at: number, from: number, to: number): number {
  return Math.min(100, Math.max(0, ((at - from) / Math.max(1, to - from)) * 100));
}
