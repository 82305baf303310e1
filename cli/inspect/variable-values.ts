/** What a dashboard's variables list, and what each stands for. */
import type { DataSource, Variable, VariableOption } from './dashboard.ts';
import { interpolate, literally } from './interpolate.ts';
import type { Chosen, Scope } from './interpolate.ts';

/** What a query variable asks of Prometheus. */
export type VariableQuery =
  | { readonly kind: 'label-values'; readonly label: string; readonly match: string | null }
  | { readonly kind: 'label-names' }
  | { readonly kind: 'metric-names'; readonly pattern: string }
  | { readonly kind: 'query-result'; readonly expr: string }
  | { readonly kind: 'unreadable'; readonly text: string };

/** The query with the variables before it put in. */
export function variableQuery(query: string, scope: Scope): VariableQuery {
  const text = interpolate(query, scope).text.trim();
  const call = /^(\w+)\(([\s\S]*)\)$/.exec(text);
  const inside = call?.[2]?.trim() ?? '';
  switch (call?.[1]) {
    case 'label_values': {
      const parts = /^(?:([\s\S]+),)?\s*([a-zA-Z_]\w*)$/.exec(inside);
      if (parts?.[2] === undefined) return { kind: 'unreadable', text };
      return { kind: 'label-values', label: parts[2], match: parts[1]?.trim() ?? null };
    }
    case 'label_names':
      return { kind: 'label-names' };
    case 'metrics':
      return { kind: 'metric-names', pattern: inside };
    case 'query_result':
      return { kind: 'query-result', expr: inside };
    default:
      return { kind: 'unreadable', text };
  }
}

/**
 * Options of a query variable: those the regex keeps, and of them its groups where it has some; none
 * where it is no pattern. By the rules of Grafana's `metricNamesToVariableValues`.
 */
export function queryOptions(
  raw: readonly string[],
  { regex, sort }: { readonly regex: string; readonly sort: number },
): readonly VariableOption[] {
  const pattern = regex === '' ? null : readPattern(regex);
  if (pattern === undefined) return [];
  const kept = raw.flatMap((text) =>
    pattern === null ? [{ text, value: text }] : optionsIn(text, pattern),
  );
  // Of two with one value the first stays.
  const unique = [...Map.groupBy(kept, ({ value }) => value).values()].flatMap(
    ([first]) => first ?? [],
  );
  return sorted(unique, sort);
}

/** What a pattern makes of one text: named groups, else the first group of each match, else all of it. */
function optionsIn(text: string, pattern: RegExp): readonly VariableOption[] {
  const matches = pattern.global ? [...text.matchAll(pattern)] : [pattern.exec(text)];
  const found = matches.filter((match) => match !== null);
  if (found.length === 0) return [];
  const named = (name: string): string | undefined =>
    found.map(({ groups }) => groups?.[name]).find((group) => group !== undefined && group !== '');
  const [value, label] = [named('value'), named('text')];
  const either = value ?? label;
  if (either !== undefined) return [{ text: label ?? either, value: either }];
  if (found.every((match) => match.length === 1)) return [{ text, value: text }];
  return found.flatMap(([, group]) => (group === undefined ? [] : [{ text: group, value: group }]));
}

/** Data sources of a plugin type, as a variable of kind `datasource` lists them. */
export function sourceOptions(
  plugin: string,
  sources: readonly DataSource[],
): readonly VariableOption[] {
  return sources
    .filter((one) => one.type === plugin)
    .toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))
    .map((one) => ({ text: one.name, value: one.uid }));
}

/**
 * What a variable stands for when the dashboard opens: what was saved, where it is still listed;
 * else All where there is one, else the first.
 * @param asked values named on the command line, in place of what was saved
 */
export function choose(
  variable: Variable,
  options: readonly VariableOption[],
  asked: readonly string[] | undefined,
): Chosen {
  const saved = asked ?? variable.current;
  const isAll = saved.includes('$__all') || saved.includes('All');
  const listed = saved.filter((value) => options.some((option) => option.value === value));
  if (asked !== undefined && !isAll) return standFor(variable, asked, options);
  if (variable.includeAll && (isAll || listed.length === 0)) return allOf(variable, options);
  if (listed.length > 0) return standFor(variable, listed, options);
  const [first] = options;
  return standFor(variable, first === undefined ? [] : [first.value], options);
}

/** Every option by name, in place of All: what a person who ticks each box sends. */
export function eachOf(variable: Variable, options: readonly VariableOption[]): Chosen {
  return standFor(
    variable,
    options.map((option) => option.value),
    options,
  );
}

/** One value a variable, as a copy of a repeated panel or row has them. */
export function scopeOf(scoped: Readonly<Record<string, string>>): Scope {
  return Object.fromEntries(
    Object.entries(scoped).map(([name, value]) => [
      name,
      { values: [value], literal: null, asRegex: true },
    ]),
  );
}

function allOf(variable: Variable, options: readonly VariableOption[]): Chosen {
  return variable.allValue === null
    ? eachOf(variable, options)
    : { ...literally(variable.allValue), text: 'All' };
}

function standFor(
  variable: Variable,
  values: readonly string[],
  options: readonly VariableOption[],
): Chosen {
  const texts = values.map((value) => options.find((one) => one.value === value)?.text ?? value);
  const isNamed = texts.some((text, index) => text !== values[index]);
  const asRegex = variable.multi || variable.includeAll;
  return { values, literal: null, ...(isNamed ? { text: texts.join(' + ') } : {}), asRegex };
}

/** `/…/flags`, or a bare pattern for all of a text; `undefined` for one that is no pattern. */
function readPattern(regex: string): RegExp | undefined {
  const [, source, flags] = regex.startsWith('/')
    ? (/^\/(.*?)\/(g?i?m?y?s?)$/.exec(regex) ?? [])
    : ['', `^${regex}$`, ''];
  if (source === undefined) return undefined;
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

type Compare = (a: VariableOption, b: VariableOption) => number;

/** Each of Grafana's orders upwards; downwards is the next number. */
const orders: readonly Compare[] = [
  (a, b) => byText(a.text, b.text),
  (a, b) => firstNumber(a.text) - firstNumber(b.text),
  (a, b) => byText(a.text.toLowerCase(), b.text.toLowerCase()),
  (a, b) => a.text.localeCompare(b.text, 'en', { numeric: true }),
];

function sorted(options: readonly VariableOption[], sort: number): readonly VariableOption[] {
  const compare = orders[Math.ceil(sort / 2) - 1];
  if (compare === undefined) return options;
  const ascending = options.toSorted(compare);
  return sort % 2 === 0 ? ascending.toReversed() : ascending;
}

/** The first digits in a text; −1 where it has none. */
function firstNumber(text: string): number {
  return Number(/\d+/.exec(text)?.[0] ?? -1);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
