/** Prometheus' text format (version 0.0.4), as far as counters, gauges and histograms need it. */
import type { MetricFamily } from '../metric-family.ts';
import type { Tally } from './tally.ts';

export type Series = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | Tally;
};

/** One family with its `# HELP` and `# TYPE`; the empty text when it has no series. */
export function familyText(family: MetricFamily, series: readonly Series[]): string {
  if (series.length === 0) return '';
  const { name, kind, help } = family;
  const head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n`;
  return head + series.map((one) => seriesText(name, one)).join('');
}

function seriesText(name: string, { labels, value }: Series): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  const inside = pairs.join(',');
  const own = inside === '' ? '' : `{${inside}}`;
  if (typeof value === 'number') return `${name}${own} ${value}\n`;
  const before = inside === '' ? '' : `${inside},`;
  let total = 0;
  let text = '';
  for (const [at, bound] of value.bounds.entries()) {
    total += value.counts[at] ?? 0;
    text += `${name}_bucket{${before}le="${bound}"} ${total}\n`;
  }
  total += value.counts[value.bounds.length] ?? 0;
  return `${text}${name}_bucket{${before}le="+Inf"} ${total}\n${name}_sum${own} ${value.sum()}\n${name}_count${own} ${total}\n`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
