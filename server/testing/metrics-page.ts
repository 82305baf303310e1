/** A page of metrics read back, and what in it is not as the contract says. */
import { Registry, collectDefaultMetrics } from 'prom-client';
import type { MetricFamily, ServerPart } from '../metric-family.ts';
import { metricFamilies } from '../metric-contract.ts';

export type PageSeries = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export async function fetchPage(metricsPort: number, query = ''): Promise<string> {
  return (await fetch(`http://127.0.0.1:${metricsPort}/metrics${query}`)).text();
}

export function seriesOf(page: string): readonly PageSeries[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inside = '', value] =
        /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail(`no line of metrics: ${line}`);
      const labels = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
      return {
        name,
        labels: Object.fromEntries(labels.map(([, key = '', text = '']) => [key, text])),
        value: Number(value),
      };
    });
}

/** All series of that name together. */
export function sumOf(page: string, name: string): number {
  return seriesOf(page)
    .filter((one) => one.name === name)
    .reduce((sum, { value }) => sum + value, 0);
}

/** Asks for the page until it is as `wanted` says. */
export async function pageWhere(
  { metricsPort }: { readonly metricsPort: number },
  wanted: (page: string) => boolean,
): Promise<string> {
  for (;;) {
    const page = await fetchPage(metricsPort);
    if (wanted(page)) return page;
  }
}

/** The one value of the series that has at least these labels. */
export function valueOf(
  page: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = seriesOf(page).filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
  );
  if (found.length !== 1) fail(`${found.length} series of ${name} ${JSON.stringify(labels)}`);
  return found[0]?.value ?? Number.NaN;
}

/** What on the page of a server with these parts is not in the contract, or in it and not there. */
export function breaches(page: string, parts: readonly ServerPart[]): readonly string[] {
  const expected = metricFamilies.filter(
    ({ job, needs = [] }) => job === 'rtops-server' && needs.every((part) => parts.includes(part)),
  );
  const types = new Map(
    [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [name, kind]),
  );
  const known = new Set([...expected.map(({ name }) => name), ...processMetrics()]);
  const own = seriesOf(page).filter(({ name }) => !processMetrics().has(familyName(name, types)));
  return [
    ...[...types.keys()].filter((name) => !known.has(name)).map((name) => `${name}: stray`),
    ...own
      .filter(({ name }) => !known.has(familyName(name, types)))
      .map(({ name }) => `${name}: stray series`),
    ...expected.flatMap((family) =>
      familyBreaches(
        family,
        types.get(family.name),
        own.filter(({ name }) => familyName(name, types) === family.name),
      ),
    ),
  ];
}

function familyBreaches(
  family: MetricFamily,
  kind: string | undefined,
  series: readonly PageSeries[],
): readonly string[] {
  const { name, buckets } = family;
  if (series.length === 0) return [`${name}: missing`];
  const wrong = kind === family.kind ? [] : [`${name}: is a ${kind}, not a ${family.kind}`];
  const rules = Object.entries(family.labels);
  for (const { labels } of series) {
    const { le: _, ...own } = labels;
    const names = Object.keys(own).join();
    if (names !== rules.map(([label]) => label).join()) wrong.push(`${name}: labels ${names}`);
  }
  for (const [label, rule] of rules) {
    const values = new Set(series.map(({ labels }) => labels[label] ?? ''));
    if ('atMost' in rule) {
      if (values.size > rule.atMost) wrong.push(`${name}: ${values.size} values of ${label}`);
    } else {
      for (const value of values) {
        if (!rule.values.includes(value)) wrong.push(`${name}: ${label}="${value}"`);
      }
    }
  }
  const bounds = new Set(series.flatMap(({ labels: { le } }) => (le === undefined ? [] : [le])));
  const due = buckets === undefined ? [] : [...buckets.map(String), '+Inf'];
  if ([...bounds].join() !== due.join()) wrong.push(`${name}: buckets ${[...bounds].join()}`);
  return wrong;
}

/** `x_bucket`, `x_sum` and `x_count` belong to the histogram `x`. */
function familyName(series: string, types: ReadonlyMap<string, string>): string {
  const base = series.replace(/_(bucket|sum|count)$/, '');
  return ['histogram', 'summary'].includes(types.get(base) ?? '') ? base : series;
}

/** What prom-client says of any Node process: names of its own, outside the contract. */
let ofAnyProcess: ReadonlySet<string> | undefined;
function processMetrics(): ReadonlySet<string> {
  if (ofAnyProcess === undefined) {
    const register = new Registry();
    collectDefaultMetrics({ register });
    ofAnyProcess = new Set(register.getMetricsAsArray().map(({ name }) => name));
  }
  return ofAnyProcess;
}

function fail(why: string): never {
  throw new Error(why);
}
