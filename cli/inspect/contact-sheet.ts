/** The contact sheet: each panel of each dashboard, drawn from its data, in its place on the grid. */
import { escapeMarkup } from '../report/escape-markup.ts';
import { formatDuration, formatInstant, plural } from '../report/format.ts';
import { htmlDocument, topLine } from '../report/html-document.ts';
import type { HtmlAssets } from '../report/html-document.ts';
import { skewText, tallyText, widthText } from './check-text.ts';
import { checkVerdict, tally } from './inspection.ts';
import type { CheckRow, DrawnDashboard, Inspection } from './inspection.ts';
import { causeText } from './cause.ts';
import { failsCheck } from './judge-panel.ts';
import { cssColor, sheetBands } from './sheet-data.ts';
import type { SheetChart, SheetData } from './sheet-data.ts';
import { sheetPanel } from './sheet-panels.ts';
import { sheetScript } from './sheet-script.ts';
import { sheetStyle } from './sheet-style.ts';

/** One HTML file; every text that comes from a dashboard or from Prometheus is escaped. */
export function renderSheet(inspection: Inspection, assets: HtmlAssets): string {
  const { window, dashboards } = inspection;
  const charts: SheetChart[] = [];
  const sections = dashboards.map((dashboard, number) => {
    const panels = dashboard.panels.map((drawn, index) => {
      const { html, chart } = sheetPanel(`p-${number}-${index}`, drawn, window.fromMs, window.toMs);
      if (chart !== null) charts.push(chart);
      return html;
    });
    return section(dashboard, number, inspection.rows, panels);
  });
  const data: SheetData = {
    from: window.fromMs / 1000,
    to: window.toMs / 1000,
    charts,
    bands: dashboards.map((one) => sheetBands(one.bands)),
  };
  const title = `Dashboards, ${formatInstant(new Date(window.fromMs).toISOString())}`;
  const main = [head(inspection), ...sections].join('\n');
  return htmlDocument({ title, style: sheetStyle, main, data, script: sheetScript }, assets);
}

function head({ window, run, source, skewMs, rows, dashboards }: Inspection): string {
  const { failed, unseen } = tally(rows);
  const verdict = checkVerdict(rows);
  const words = {
    pass: 'Every panel has what it should',
    fail: `${plural(failed, 'row')} wrong`,
    'no-data': unseen > 0 ? 'The window is too wide' : 'No panel could be judged',
  }[verdict];
  const skew = skewText(skewMs);
  const links = dashboards
    .map((one, number) => `<a href="#d-${number}">${escapeMarkup(one.title)}</a>`)
    .join('');
  const others = rows.filter((row) => row.kind === 'rule' && failsCheck(row.verdict));
  return `${topLine(`<b>rtops</b> dashboards${run === null ? '' : ` · run ${escapeMarkup(run)}`}`)}
<section class="card verdict ${verdict}"><div><h1>${words}</h1>
<p class="why">${tallyText(rows)}${widthText(rows) === null ? '' : `. ${widthText(rows)}`}</p>
<p class="meta">${escapeMarkup(formatInstant(new Date(window.fromMs).toISOString()))}, ${formatDuration(window.toMs - window.fromMs)}, from ${escapeMarkup(source)}</p>
${skew === null ? '' : `<p class="meta">${escapeMarkup(skew)}</p>`}
${list('Rules', others)}</div></section>
<nav>${links}</nav>`;
}

function section(
  dashboard: DrawnDashboard,
  number: number,
  rows: readonly CheckRow[],
  panels: readonly string[],
): string {
  const own = rows.filter((row) => row.dashboard === dashboard.title && row.kind !== 'rule');
  const beside = own.filter((row) => row.kind !== 'panel' && failsCheck(row.verdict));
  const chips = dashboard.variables.map(
    ({ name, text }) =>
      `<span class="chip">${escapeMarkup(name)} <b>${escapeMarkup(text || '(nothing)')}</b></span>`,
  );
  const bands = [...Map.groupBy(dashboard.bands, (band) => band.title)]
    .slice(0, 12)
    .map(([title, all]) => {
      const [first] = all;
      const color = cssColor(first?.color ?? '');
      const style = color.startsWith('--') ? `var(${color})` : color;
      return `<span class="chip"><i style="background:${style}"></i>${escapeMarkup(title)}</span>`;
    });
  const titles = dashboard.rows.map(
    (row) => `<h4 style="grid-row:${row.y + 1}/span 1">${escapeMarkup(row.title)}</h4>`,
  );
  return `<section class="dashboard" id="d-${number}" data-number="${number}">
<h2>${escapeMarkup(dashboard.title)} <small>${escapeMarkup(dashboard.description)}</small></h2>
<p class="chips">${chips.join('')}${bands.join('')}</p>
${list('Beside the panels', beside)}
<div class="grid">${titles.join('')}${panels.join('')}</div>
</section>`;
}

function list(title: string, rows: readonly CheckRow[]): string {
  if (rows.length === 0) return '';
  const items = rows.map(
    (row) =>
      `<li>${escapeMarkup(`${row.kind} ${row.name}: ${row.cause === null ? row.verdict : causeText(row.cause)}`)}</li>`,
  );
  return `<ul class="wrong" title="${escapeMarkup(title)}">${items.join('')}</ul>`;
}
