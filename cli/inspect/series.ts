/** What Prometheus answers. */

export type Labels = Readonly<Record<string, string>>;

/** [ms since 1970, value]; a value may be NaN or infinite. */
export type Point = readonly [number, number];

export type Series = { readonly labels: Labels; readonly points: readonly Point[] };

/** A series with the name a panel's legend gives it. */
export type NamedSeries = Series & { readonly name: string };

/** The shortest time from one point of a series to the next, ms; infinite for fewer than two. */
export function stepOf(points: readonly Point[]): number {
  let step = Infinity;
  let before: number | undefined;
  for (const [at] of points) {
    if (before !== undefined) step = Math.min(step, at - before);
    before = at;
  }
  return step;
}

/** Names for all series of a panel: by its legend format, else as Grafana makes them up. */
export function nameSeries(
  queries: readonly { readonly legendFormat: string; readonly series: readonly Series[] }[],
): readonly (readonly NamedSeries[])[] {
  const all = queries.flatMap((query) => query.series);
  const telling = tellingLabels(all);
  return queries.map(({ legendFormat, series }) =>
    series.map((one) => ({ ...one, name: nameOf(one.labels, legendFormat, telling) })),
  );
}

/** `{{label}}` filled in; a label that is not there leaves nothing. */
export function fillLabels(format: string, labels: Labels): string {
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
}

function nameOf(labels: Labels, format: string, telling: readonly string[]): string {
  if (format === '') return allOf(labels);
  if (format !== '__auto') return fillLabels(format, labels);
  const own = telling.filter((label) => labels[label] !== undefined);
  const [only] = own;
  if (own.length === 1 && only !== undefined) return labels[only] ?? '';
  if (own.length === 0) return labels['__name__'] ?? 'Value';
  return `{${own.map((label) => `${label}="${labels[label] ?? ''}"`).join(', ')}}`;
}

/** As Prometheus writes a series: `up{instance="a", job="b"}`. */
function allOf({ __name__: metric = '', ...labels }: Labels): string {
  const own = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (own.length === 0) return metric === '' ? 'Value' : metric;
  return `${metric}{${own.map(([label, value]) => `${label}="${value}"`).join(', ')}}`;
}

/** Labels whose value is not the same for every series. */
function tellingLabels(all: readonly Series[]): readonly string[] {
  const names = [...new Set(all.flatMap((one) => Object.keys(one.labels)))];
  const differing = names.filter((name) => new Set(all.map((one) => one.labels[name])).size > 1);
  // A single series is named by what it has.
  return all.length === 1 ? names.filter((name) => name !== '__name__') : differing;
}
