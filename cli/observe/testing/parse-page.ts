/** A page in Prometheus' text format, read and held against the metric contract. */
import type { MetricFamily } from '../../../server/metric-contract.ts';

export type PageSample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

function parsePage(page: string): readonly PageSample[] {
  return page.split('\n').flatMap((line) => {
    const [, name, labels = '', value] =
      /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)];
    return [
      {
        name,
        labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, text])),
        value: value === '+Inf' ? Infinity : Number(value),
      },
    ];
  });
}

/** The one value of that name with these labels; `undefined` when there is none. Throws when there are more. */
export function valueOf(
  page: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = parsePage(page).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  );
  if (found.length > 1) throw new Error(`${found.length} series of ${name}`);
  return found[0]?.value;
}

/** What the page has and the contract has not, and the other way round. */
export function contractBreaches(
  page: string,
  families: readonly MetricFamily[],
): readonly string[] {
  const samples = parsePage(page);
  const familyOf = (name: string): MetricFamily | undefined =>
    families.find((family) =>
      family.kind === 'histogram'
        ? ['_bucket', '_sum', '_count'].some((end) => name === family.name + end)
        : name === family.name,
    );
  const strange = samples.flatMap(({ name, labels }) => {
    const family = familyOf(name);
    if (family === undefined) return [`${name} is not in the contract`];
    return labelBreaches(family, labels);
  });
  const missing = families
    .filter((family) => !samples.some(({ name }) => familyOf(name) === family))
    .map(({ name }) => `${name} is not on the page`);
  const untyped = families
    .filter(({ name, kind }) => !page.includes(`# TYPE ${name} ${kind}\n`))
    .map(({ name, kind }) => `${name} is not said to be a ${kind}`);
  return [...new Set([...strange, ...missing, ...untyped])];
}

function labelBreaches(
  { name, labels: rules, kind, buckets = [] }: MetricFamily,
  labels: Readonly<Record<string, string>>,
): readonly string[] {
  const { le, ...own } = labels;
  const names = Object.keys(own).toSorted().join();
  const wanted = Object.keys(rules).toSorted().join();
  const values = Object.entries(own).flatMap(([label, value]) => {
    const rule = rules[label];
    return rule !== undefined && 'values' in rule && !rule.values.includes(value)
      ? [`${name} has ${label} ${value}`]
      : [];
  });
  const isBound =
    le === undefined || le === '+Inf' || (kind === 'histogram' && buckets.includes(Number(le)));
  return [
    ...(names === wanted ? [] : [`${name} has labels ${names}, not ${wanted}`]),
    ...values,
    ...(isBound ? [] : [`${name} has a bucket ${le}`]),
  ];
}
