/** Asks what each variable of a dashboard lists, in the order they depend on each other. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Cause } from '../inspect/cause.ts';
import type { Dashboard, DataSource, Variable, VariableOption } from '../inspect/dashboard.ts';
import type { Chosen } from '../inspect/interpolate.ts';
import { resolveSource } from '../inspect/panel-query.ts';
import type { Window } from '../inspect/panel-query.ts';
import {
  choose,
  eachOf,
  queryOptions,
  sourceOptions,
  variableQuery,
} from '../inspect/variable-values.ts';
import type { PrometheusClient, ValuesAnswer } from './prometheus-client.ts';

export type ResolvedVariable = {
  readonly variable: Variable;
  readonly options: readonly VariableOption[];
  /** Why it lists nothing; `null` where it does, or need not. */
  readonly cause: Cause | null;
};

export type ResolvedVariables = {
  readonly all: readonly ResolvedVariable[];
  /** What the dashboard shows when it is opened. */
  readonly scope: Readonly<Record<string, Chosen>>;
  /** The same with every value of each multi-value variable named; `null` where that is the same. */
  readonly eachScope: Readonly<Record<string, Chosen>> | null;
};

export type VariableRequest = {
  readonly prometheus: PrometheusClient;
  readonly sources: readonly DataSource[];
  readonly window: Window;
  /** Values asked for by the user, by variable. */
  readonly asked: Readonly<Record<string, readonly string[]>>;
  /** See `ReplayRequest`. */
  readonly opened: Readonly<Record<string, string>>;
};

/** @throws Failure usage (2) for a value that was asked for and is not listed */
export async function resolveVariables(
  { variables }: Pick<Dashboard, 'variables'>,
  request: VariableRequest,
): Promise<ResolvedVariables> {
  const all: ResolvedVariable[] = [];
  const scope: Record<string, Chosen> = {};
  const eachScope: Record<string, Chosen> = {};
  let differs = false;
  for (const variable of variables) {
    const { options, cause } = await list(variable, scope, request);
    all.push({ variable, options, cause });
    // Filters of one's own change no query until one is set.
    if (variable.kind === 'other') continue;
    const asked = request.asked[variable.name];
    // Into a text box or a list of its own anything may be typed.
    if (variable.kind !== 'listed') assertListed(variable.name, options, asked ?? []);
    const chosen = choose(variable, options, asked ?? openedWith(variable, options, request));
    scope[variable.name] = chosen;
    const isWide = variable.multi && chosen.literal !== null && options.length > 0;
    eachScope[variable.name] = isWide ? eachOf(variable, options) : chosen;
    differs ||= isWide;
  }
  return { all, scope, eachScope: differs ? eachScope : null };
}

/** The newest run's topology is not the first by name, nor the only one Prometheus remembers. */
function openedWith(
  { name, multi }: Variable,
  options: readonly VariableOption[],
  { opened }: VariableRequest,
): readonly string[] | undefined {
  const value = opened[name];
  const isListed = options.some((option) => option.value === value);
  return value === undefined || multi || !isListed ? undefined : [value];
}

function assertListed(
  name: string,
  options: readonly VariableOption[],
  asked: readonly string[],
): void {
  const listed = options.map(({ value }) => value);
  const wrong = asked.find((value) => !listed.includes(value) && !/^(\$__all|All)$/.test(value));
  if (wrong === undefined || options.length === 0) return;
  throw new Failure(exitCode.usage, `$${name} has no value ${wrong}`, {
    why: `in this window there are ${listed.slice(0, 20).join(', ')}`,
    next: 'another value, or another --from and --to',
  });
}

async function list(
  variable: Variable,
  scope: Readonly<Record<string, Chosen>>,
  { prometheus, sources, window }: VariableRequest,
): Promise<Omit<ResolvedVariable, 'variable'>> {
  switch (variable.kind) {
    case 'other':
      return { options: [], cause: null };
    case 'listed':
      return { options: variable.options, cause: null };
    case 'datasource': {
      const options = sourceOptions(variable.plugin, sources);
      if (options.length > 0) return { options, cause: null };
      const cause: Cause =
        variable.plugin === 'loki' || variable.plugin === 'alertmanager'
          ? { kind: 'missing', need: variable.plugin }
          : { kind: 'unknown-datasource', uid: '', type: variable.plugin };
      return { options, cause };
    }
    case 'query': {
      const source = resolveSource(variable.datasource, scope, sources);
      if (source.kind === 'unknown') {
        const { uid, type } = source;
        const isLoki = type === 'loki';
        return {
          options: [],
          cause: isLoki
            ? { kind: 'missing', need: 'loki' }
            : { kind: 'unknown-datasource', uid, type },
        };
      }
      if (source.source.type !== 'prometheus') {
        return { options: [], cause: { kind: 'other-source', type: source.source.type } };
      }
      const answer = await askValues(prometheus, variable.query, scope, window);
      if (answer.kind === 'refused') {
        return { options: [], cause: { kind: 'query-error', text: answer.text } };
      }
      const options = queryOptions(answer.values, variable);
      const cause: Cause | null =
        options.length === 0 ? { kind: 'no-options', query: variable.query } : null;
      return { options, cause };
    }
  }
}

async function askValues(
  prometheus: PrometheusClient,
  query: string,
  scope: Readonly<Record<string, Chosen>>,
  window: Window,
): Promise<ValuesAnswer> {
  const asked = variableQuery(query, scope);
  switch (asked.kind) {
    case 'label-values': {
      const { label, match } = asked;
      const listed = await prometheus.labelValues(label, match, window);
      return listed.kind === 'refused' || match === null
        ? listed
        : await seenIn(prometheus, listed, { label, match, window });
    }
    case 'label-names':
      return await prometheus.labelNames(window);
    case 'metric-names': {
      const answer = await prometheus.labelValues('__name__', null, window);
      const pattern = safePattern(asked.pattern);
      return answer.kind === 'refused' || pattern === undefined
        ? answer
        : { kind: 'values', values: answer.values.filter((name) => pattern.test(name)) };
    }
    case 'query-result': {
      const answer = await prometheus.query(asked.expr, window.toMs);
      if (answer.kind === 'refused') return answer;
      const lines = answer.series.map(({ labels, points }) => {
        const inside = Object.entries(labels)
          .filter(([name]) => name !== '__name__')
          .map(([name, value]) => `${name}="${value}"`);
        const [at, value] = points[0] ?? [0, 0];
        return `${labels['__name__'] ?? ''}{${inside.join(',')}} ${value} ${at}`;
      });
      return { kind: 'values', values: lines };
    }
    case 'unreadable':
      return { kind: 'refused', text: `not a variable query: ${asked.text}` };
  }
}

/**
 * Prometheus lists what its blocks hold: values of a system that was down long before the window. Of
 * them those stay that have a sample in it; all, where none has one.
 */
async function seenIn(
  prometheus: PrometheusClient,
  listed: Extract<ValuesAnswer, { kind: 'values' }>,
  of: { readonly label: string; readonly match: string; readonly window: Window },
): Promise<ValuesAnswer> {
  const { fromMs, toMs } = of.window;
  const span = `${Math.max(1, Math.ceil((toMs - fromMs) / 1000))}s`;
  const answer = await prometheus.query(
    `group by (${of.label}) (last_over_time(${of.match}[${span}]))`,
    toMs,
  );
  const seen = answer.kind === 'refused' ? [] : answer.series.map(({ labels }) => labels[of.label]);
  const kept = listed.values.filter((value) => seen.includes(value));
  return kept.length === 0 ? listed : { kind: 'values', values: kept };
}

function safePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}
