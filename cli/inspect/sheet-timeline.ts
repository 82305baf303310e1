/** A state timeline: a lane a series, a block a stretch of one value. */
import { escapeMarkup } from '../report/escape-markup.ts';
import { formatUnit } from './format-unit.ts';
import type { DrawnPanel } from './inspection.ts';
import { cssColor } from './sheet-data.ts';
import type { Point } from './series.ts';

const maxLanes = 16;

/** @param from ms; @param to ms: the ends of the lane */
export function timelineBody({ panel, queries }: DrawnPanel, from: number, to: number): string {
  const { style } = panel;
  const lanes = queries
    .flatMap((query) => query.series)
    .slice(0, maxLanes)
    .map((one) => {
      const blocks = stretches(one.points, to).map(({ value, start, end }) => {
        const left = percent(start, from, to);
        const width = Math.max(0.3, percent(end, from, to) - left);
        const step = style.thresholds.filter((threshold) => value >= threshold.value).at(-1);
        const mapped = style.mappings[String(value)];
        const color = cssColor(mapped?.color || (step?.color ?? 'blue'));
        const text = mapped?.text ?? formatUnit(value, style.unit, style.decimals);
        return `<u style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%;background:${color.startsWith('--') ? `var(${color})` : color}" title="${escapeMarkup(text)}">${escapeMarkup(text)}</u>`;
      });
      return `<li><span>${escapeMarkup(one.name)}</span><i>${blocks.join('')}</i></li>`;
    });
  return `<ul class="body lanes">${lanes.join('')}</ul>`;
}

type Stretch = { readonly value: number; readonly start: number; readonly end: number };

/** A stretch ends where the next value begins, or where samples end. */
function stretches(points: readonly Point[], to: number): readonly Stretch[] {
  const usual = Math.min(
    ...points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? at)),
    to,
  );
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
