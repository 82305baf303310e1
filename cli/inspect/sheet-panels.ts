/** One panel of the contact sheet as HTML: its frame, and all that needs no canvas. */
import { escapeMarkup } from '../report/escape-markup.ts';
import { causeText } from './cause.ts';
import { formatUnit } from './format-unit.ts';
import type { DrawnPanel } from './inspection.ts';
import { failsCheck } from './judge-panel.ts';
import { reduceValues } from './reduce.ts';
import { stepOf } from './series.ts';
import type { NamedSeries, Point } from './series.ts';
import { cssColor, heatmapChart, lineChart, maxLines } from './sheet-data.ts';
import type { SheetChart } from './sheet-data.ts';
import { moreOf } from './sheet-more.ts';
import { tableBody } from './sheet-table.ts';
import { timelineBody } from './sheet-timeline.ts';
import { wordsBody } from './sheet-words.ts';

export type SheetPanel = {
  readonly html: string;
  /** For the script; `null` where the HTML is all. */
  readonly chart: SheetChart | null;
};

/** @param id unique in the sheet, letters, digits and dashes */
export function sheetPanel(id: string, drawn: DrawnPanel, from: number, to: number): SheetPanel {
  const { panel, row } = drawn;
  const { body, chart } = bodyOf(id, drawn, from, to);
  const { x, y, w, h } = panel.gridPos;
  const fails = row !== null && failsCheck(row.verdict);
  const state = row === null ? '' : fails ? 'bad' : row.verdict === 'ok' ? 'ok' : 'quiet';
  const mark =
    row === null
      ? ''
      : `<span class="mark ${state}">${fails ? '✗' : row.verdict === 'skipped' || row.verdict === 'unseen' ? '–' : '✓'} ${escapeMarkup(row.verdict)}</span>`;
  const unit =
    panel.style.unit === '' ? '' : `<small>${escapeMarkup(unitName(panel.style.unit))}</small>`;
  const html = `<article class="panel ${state}" id="${id}" data-kind="${escapeMarkup(panel.type)}" style="grid-column:${x + 1}/span ${w};grid-row:${y + 1}/span ${h};--h:${h}">
<header title="${escapeMarkup(panel.description)}"><h3>${escapeMarkup(drawn.title)}</h3>${unit}${mark}</header>
${body}
</article>`;
  return { html, chart };
}

type Body = { readonly body: string; readonly chart: SheetChart | null };

function bodyOf(id: string, drawn: DrawnPanel, from: number, to: number): Body {
  const { panel } = drawn;
  const series = drawn.queries.flatMap((query) => query.series);
  if (panel.type === 'text') return html(wordsBody(panel.text));
  if (panel.type === 'alertlist') return html(alertBody(drawn, from, to));
  if (!series.some((one) => one.points.length > 0)) return html(emptyBody(drawn));
  switch (panel.type) {
    case 'stat':
    case 'gauge':
      return html(statBody(drawn, series));
    case 'bargauge':
    case 'barchart':
    case 'piechart':
      return html(barBody(drawn, series));
    case 'table':
      return html(tableBody(drawn));
    case 'state-timeline':
    case 'status-history':
      return html(timelineBody(drawn, from, to));
    case 'heatmap':
      return canvas(heatmapChart(id, drawn), drawn, '');
    default: {
      const chart = lineChart(id, drawn);
      return canvas(chart, drawn, chart === null ? '' : legend(chart, series));
    }
  }
}

function html(body: string): Body {
  return { body, chart: null };
}

function canvas(chart: SheetChart | null, drawn: DrawnPanel, below: string): Body {
  if (chart === null) return html(emptyBody(drawn));
  return { body: `<div class="body plot"></div>${below}${causeLine(drawn)}`, chart };
}

/** Names and last values; on hover the script writes the values under the cursor. */
function legend(chart: SheetChart, series: readonly NamedSeries[]): string {
  const items = chart.lines.map((line, index) => {
    const last = reduceValues(figuresOf(series[index]), 'last');
    const stroke = line.stroke === 0 ? '' : `class="s${line.stroke}" `;
    return `<li><i ${stroke}style="color:var(--c${line.color})"></i>${escapeMarkup(line.label || '(no name)')} <b>${escapeMarkup(formatUnit(last, chart.unit, chart.decimals))}</b></li>`;
  });
  return `<ul class="legend">${items.join('')}${moreOf(series, maxLines, 'li')}</ul>`;
}

function figuresOf(series: NamedSeries | undefined): readonly number[] {
  return (series?.points ?? []).map(([, value]) => value);
}

const maxFigures = 12;
const maxBars = 24;
const maxAlerts = 40;

function statBody({ panel }: DrawnPanel, series: readonly NamedSeries[]): string {
  const { style, reduce } = panel;
  const shown = series.slice(0, maxFigures).map((one) => {
    const value = reduceValues(figuresOf(one), reduce);
    const passed = style.thresholds.filter((step) => value !== null && value >= step.value).at(-1);
    const color = passed === undefined ? '' : ` style="color:${colorCss(passed.color)}"`;
    const text =
      value === null
        ? style.noValue === ''
          ? 'NaN'
          : style.noValue
        : (style.mappings[String(value)]?.text ?? formatUnit(value, style.unit, style.decimals));
    const name = series.length > 1 ? `<span>${escapeMarkup(one.name)}</span>` : '';
    return `<div class="figure"><b${color}>${escapeMarkup(text)}</b>${name}${series.length === 1 ? sparkline(one.points) : ''}</div>`;
  });
  return `<div class="body stats">${shown.join('')}${moreOf(series, maxFigures, 'div')}</div>`;
}

/** The way to the figure, as a line without axes, broken where there were no samples. */
function sparkline(points: readonly Point[]): string {
  const known = points.filter(([, value]) => Number.isFinite(value));
  const first = known[0]?.[0] ?? 0;
  const span = (known.at(-1)?.[0] ?? 0) - first;
  if (known.length < 3 || span === 0) return '';
  const top = known.reduce((most, [, value]) => Math.max(most, value), 0) || 1;
  const step = stepOf(points);
  const line = known.map(([at, value], index) => {
    const x = (((at - first) / span) * 100).toFixed(1);
    const y = (24 - (Math.max(0, value) / top) * 22).toFixed(1);
    const isOn = at - (known[index - 1]?.[0] ?? -Infinity) <= 1.5 * step;
    return `${isOn ? 'L' : 'M'}${x} ${y}`;
  });
  return `<svg viewBox="0 0 100 25" preserveAspectRatio="none" aria-hidden="true"><path d="${line.join('')}" fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg>`;
}

function barBody({ panel }: DrawnPanel, series: readonly NamedSeries[]): string {
  const { style, reduce } = panel;
  const values = series
    .slice(0, maxBars)
    .map((one) => ({ name: one.name, value: reduceValues(figuresOf(one), reduce) }));
  const top = Math.max(style.max ?? 0, ...values.map(({ value }) => Math.abs(value ?? 0)), 1e-12);
  const bars = values.map(({ name, value }) => {
    const share = Math.min(100, (Math.abs(value ?? 0) / top) * 100);
    const passed = style.thresholds.filter((step) => value !== null && value >= step.value).at(-1);
    const color = passed === undefined ? 'var(--c1)' : colorCss(passed.color);
    return `<li><span>${escapeMarkup(name)}</span><i><u style="width:${share.toFixed(1)}%;background:${color}"></u></i><b>${escapeMarkup(formatUnit(value, style.unit, style.decimals))}</b></li>`;
  });
  return `<ul class="body bars">${bars.join('')}${moreOf(series, maxBars, 'li')}</ul>`;
}

/** What fired in the window, and for how long of it. */
function alertBody({ queries }: DrawnPanel, from: number, to: number): string {
  const series = queries.flatMap((query) => query.series);
  if (series.length === 0) return '<p class="body none">No alert fired in this window.</p>';
  const lines = series.slice(0, maxAlerts).map((one) => {
    const first = one.points[0]?.[0] ?? from;
    const last = one.points.at(-1)?.[0] ?? to;
    const span = `${formatUnit((first - from) / 1000, 's', null)} to ${formatUnit((last - from) / 1000, 's', null)}`;
    return `<tr><td class="l">${escapeMarkup(one.name)}</td><td class="l">${escapeMarkup(one.labels['severity'] ?? '')}</td><td>${escapeMarkup(span)}</td></tr>`;
  });
  return `<div class="body scroll"><table class="data"><tr><th class="l">fired</th><th class="l">severity</th><th>in the window</th></tr>${lines.join('')}${moreOf(series, maxAlerts, 'tr')}</table></div>`;
}

function emptyBody({ panel, row }: DrawnPanel): string {
  const why =
    row?.cause === null || row === null ? panel.style.noValue || 'No data' : causeText(row.cause);
  return `<p class="body none">${escapeMarkup(why)}</p>`;
}

function causeLine({ row }: DrawnPanel): string {
  if (row === null || row.cause === null || !failsCheck(row.verdict)) return '';
  return `<p class="cause">${escapeMarkup(causeText(row.cause))}</p>`;
}

function colorCss(name: string): string {
  const color = cssColor(name);
  return color.startsWith('--') ? `var(${color})` : color;
}

function unitName(unit: string): string {
  const names: Readonly<Record<string, string>> = {
    s: 'time',
    dtdurations: 'time',
    percentunit: '%',
    percent: '%',
    none: '',
    bool: '',
    short: 'count',
    cps: 'per second',
    ops: 'per second',
    reqps: 'requests/s',
    Bps: 'bytes/s',
  };
  return names[unit] ?? unit.replace(/^suffix:\s*/, '');
}
