/** The HTML report: one file, no network, opened from disk. */
import type { Detail } from '../samples/detail.ts';
import { chartData } from './chart-data.ts';
import { escapeMarkup } from './escape-markup.ts';
import { htmlDocument, topLine } from './html-document.ts';
import type { HtmlAssets } from './html-document.ts';
import {
  exceptionSection,
  factsSection,
  keyFigures,
  ledgerSection,
  limitSection,
  operationSection,
  seriesSection,
  serviceSection,
  thresholdSection,
  verdictBanner,
} from './html-sections.ts';
import { faultSection, impactSection } from './html-faults.ts';
import { reportScript } from './html-script.ts';
import { reportStyle } from './html-style.ts';
import type { Report } from './report.ts';

/** The whole report as one HTML document; every text that comes from a file or a server is escaped. */
export function renderHtml(report: Report, detail: Detail, assets: HtmlAssets): string {
  const data = chartData(report, detail);
  const title = `${report.scenario.name} on ${report.topology?.name ?? 'another system'}`;
  const charts =
    data.charts.length === 0
      ? '<p class="card text muted">No second-by-second record was kept of this run.</p>'
      : `<div class="charts">${data.charts
          .map(
            (chart) =>
              `<figure class="card chart"><h3>${escapeMarkup(chart.title)}<small>${escapeMarkup(chart.hint)}</small></h3><div class="plot" id="plot-${chart.id}"></div></figure>`,
          )
          .join('')}</div>`;
  const main = [
    topLine(`<b>rtops</b> · run ${escapeMarkup(report.run.id)}`),
    verdictBanner(report),
    keyFigures(report),
    seriesSection(report),
    faultSection(report),
    thresholdSection(report),
    '<h2>Second by second <small>drag to zoom, double click to zoom out</small></h2>',
    charts,
    impactSection(report),
    ledgerSection(report),
    exceptionSection(report),
    operationSection(report),
    serviceSection(report),
    limitSection(report),
    factsSection(report),
  ].join('\n');
  return htmlDocument({ title, style: reportStyle, main, data, script: reportScript }, assets);
}
