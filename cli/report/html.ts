/** The HTML report: one file, no network, opened from disk. */
import type { Detail } from '../samples/detail.ts';
import { chartData } from './chart-data.ts';
import { escapeMarkup } from './escape-markup.ts';
import {
  exceptionSection,
  factsSection,
  keyFigures,
  ledgerSection,
  limitSection,
  operationSection,
  serviceSection,
  thresholdSection,
  verdictBanner,
} from './html-sections.ts';
import { faultSection, impactSection } from './html-faults.ts';
import { reportScript } from './html-script.ts';
import { reportStyle } from './html-style.ts';
import type { Report } from './report.ts';

/** What the pure renderer cannot have by itself. */
export type HtmlAssets = {
  /** `uplot/dist/uPlot.iife.min.js` */
  readonly uplotJs: string;
  /** `uplot/dist/uPlot.min.css` */
  readonly uplotCss: string;
  /** Hard to guess, letters and digits: only scripts that carry it may run. */
  readonly nonce: string;
};

/**
 * The whole report as one HTML document. Its Content-Security-Policy allows no request at all and
 * only its own two scripts; every text that comes from a file or a server is escaped.
 */
export function renderHtml(report: Report, detail: Detail, assets: HtmlAssets): string {
  const data = chartData(report, detail);
  const title = `${report.scenario.name} on ${report.topology?.name ?? 'another system'}`;
  const policy = `default-src 'none'; script-src 'nonce-${assets.nonce}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  const charts =
    data.charts.length === 0
      ? '<p class="card text muted">No second-by-second record was kept of this run.</p>'
      : `<div class="charts">${data.charts
          .map(
            (chart) =>
              `<figure class="card chart"><h3>${escapeMarkup(chart.title)}<small>${escapeMarkup(chart.hint)}</small></h3><div class="plot" id="plot-${chart.id}"></div></figure>`,
          )
          .join('')}</div>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(title)}: rtops</title>
<link rel="icon" href="data:,">
<style>${assets.uplotCss}</style>
<style>${reportStyle}</style>
</head>
<body>
<main>
<header class="top"><span><b>rtops</b> · run ${escapeMarkup(report.run.id)}</span><button id="theme" type="button" aria-label="Switch between light and dark">Dark</button></header>
${verdictBanner(report)}
${keyFigures(report)}
${faultSection(report)}
${thresholdSection(report)}
<h2>Second by second <small>drag to zoom, double click to zoom out</small></h2>
${charts}
${impactSection(report)}
${ledgerSection(report)}
${exceptionSection(report)}
${operationSection(report)}
${serviceSection(report)}
${limitSection(report)}
${factsSection(report)}
</main>
<script type="application/json" id="data">${jsonInMarkup(data)}</script>
<script nonce="${assets.nonce}">${assets.uplotJs}</script>
<script nonce="${assets.nonce}">${reportScript}</script>
</body>
</html>
`;
}

/** JSON that cannot end its `<script>` element or start a comment in it. */
export function jsonInMarkup(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}
