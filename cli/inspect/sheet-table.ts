/** A table panel: a row a series of labels, or rows joined over queries by their labels. */
import { escapeMarkup } from '../report/escape-markup.ts';
import { formatUnit } from './format-unit.ts';
import type { DrawnPanel } from './inspection.ts';
import { moreOf } from './sheet-more.ts';

const maxRows = 40;
const hidden = new Set(['Time', '__name__']);

export function tableBody({ panel, queries }: DrawnPanel): string {
  const rows = new Map<string, { labels: Record<string, string>; values: (number | null)[] }>();
  for (const [index, query] of queries.entries()) {
    for (const one of query.series) {
      const labels = Object.fromEntries(
        Object.entries(one.labels).filter(([name]) => !hidden.has(name)),
      );
      const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const row = rows.get(key) ?? { labels, values: queries.map(() => null) };
      row.values[index] = one.points.at(-1)?.[1] ?? null;
      rows.set(key, row);
    }
  }
  const all = [...rows.values()];
  const isShown = (name: string): boolean => !panel.hiddenColumns.includes(name);
  const labelNames = [...new Set(all.flatMap((row) => Object.keys(row.labels)))].filter(isShown);
  const valueNames = queries.map(({ refId }) =>
    queries.length === 1 ? 'Value' : `Value #${refId}`,
  );
  const title = (name: string): string => escapeMarkup(panel.columnNames[name] ?? name);
  const head = [
    ...labelNames.map((name) => `<th class="l">${title(name)}</th>`),
    ...valueNames.filter(isShown).map((name) => `<th>${title(name)}</th>`),
  ];
  const lines = all.slice(0, maxRows).map(({ labels, values }) => {
    const cells = [
      ...labelNames.map((name) => `<td class="l">${escapeMarkup(labels[name] ?? '')}</td>`),
      ...values.flatMap((value, index) => {
        if (!isShown(valueNames[index] ?? '')) return [];
        const text =
          value === null ? '' : formatUnit(value, panel.style.unit, panel.style.decimals);
        return [`<td>${escapeMarkup(text)}</td>`];
      }),
    ];
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="body scroll"><table class="data"><tr>${head.join('')}</tr>${lines.join('')}${moreOf(all, maxRows, 'tr')}</table></div>`;
}
