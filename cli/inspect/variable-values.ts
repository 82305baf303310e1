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

/** Options of a query variable: those the regex keeps, its first group alone where it has one. */
export function queryOptions(
  raw: readonly string[],
  { regex, sort }: { readonly regex: string; readonly sort: number },
): readonly VariableOption[] {
  const pattern = readPattern(regex);
  const kept = raw.flatMap((text): readonly VariableOption[] => {
    if (pattern === undefined) return [{ text, value: text }];
    const match = pattern.exec(text);
    if (match === null) return [];
    const value = match.groups?.['value'] ?? match[1] ?? match[0];
    return [{ text: match.groups?.['text'] ?? value, value }];
  });
  const unique = [...new Map(kept.map((one) => [one.value, one])).values()];
  return sorted(unique, sort);
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
  const fixed = variable.kind === 'listed' && options.length <= 1 ? options : undefined;
  if (asked !== undefined && !isAll) return standFor(variable, asked);
  if (variable.includeAll && (isAll || listed.length === 0)) return allOf(variable, options);
  if (listed.length > 0) return standFor(variable, listed);
  const first = fixed?.[0] ?? options[0];
  return standFor(variable, first === undefined ? [] : [first.value]);
}

/** Every option by name, in place of All: what a person who ticks each box sends. */
export function eachOf(variable: Variable, options: readonly VariableOption[]): Chosen {
  return standFor(
    variable,
    options.map((option) => option.value),
  );
}

/** One value, as a copy of a repeated panel has it. */
export function oneOf(value: string): Chosen {
  return { values: [value], literal: null, asRegex: true };
}

function allOf(variable: Variable, options: readonly VariableOption[]): Chosen {
  return variable.allValue === null ? eachOf(variable, options) : literally(variable.allValue);
}

function standFor(variable: Variable, values: readonly string[]): Chosen {
  return { values, literal: null, asRegex: variable.multi || variable.includeAll };
}

/** `/…/flags` or a bare pattern; `undefined` for none, or one that is no pattern. */
function readPattern(regex: string): RegExp | undefined {
  if (regex === '') return undefined;
  const written = /^\/([\s\S]*)\/([a-z]*)$/.exec(regex);
  try {
    return new RegExp(written?.[1] ?? regex, (written?.[2] ?? '').replace('g', ''));
  } catch {
    return undefined;
  }
}

function sorted(options: readonly VariableOption[], sort: number): readonly VariableOption[] {
  if (sort === 0) return options;
  const compare =
    sort === 3 || sort === 4
      ? (a: VariableOption, b: VariableOption) => leadingNumber(a.text) - leadingNumber(b.text)
      : sort >= 5
        ? (a: VariableOption, b: VariableOption) =>
            byText(a.text.toLowerCase(), b.text.toLowerCase())
        : (a: VariableOption, b: VariableOption) => byText(a.text, b.text);
  const ascending = options.toSorted(compare);
  return sort % 2 === 0 ? ascending.toReversed() : ascending;
}

function leadingNumber(text: string): number {
  return Number(/-?\d+(\.\d+)?/.exec(text)?.[0] ?? -1);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
