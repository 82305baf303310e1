/** Prometheus' HTTP API (v1), as far as dashboards and rules ask it. */
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Window } from '../inspect/panel-query.ts';
import type { Labels, Series } from '../inspect/series.ts';
import type { Api, ApiAnswer, Params, Refusal } from './prometheus-api.ts';

export type SeriesAnswer =
  | { readonly kind: 'series'; readonly series: readonly Series[] }
  | Refusal;

export type ValuesAnswer =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | Refusal;

export type ActiveTarget = {
  readonly labels: Labels;
  readonly health: string;
  readonly lastError: string;
};

export type Rule = {
  readonly group: string;
  readonly name: string;
  readonly query: string;
  readonly type: string;
  readonly health: string;
  readonly lastError: string;
  /** ISO 8601; in the year 1 where it was never evaluated. */
  readonly lastEvaluation: string;
};

/** Each call throws Failure unhealthy (121) when Prometheus is away. */
export type PrometheusClient = {
  readonly name: string;
  query(expr: string, atMs: number): Promise<SeriesAnswer>;
  queryRange(expr: string, window: Window, stepMs: number): Promise<SeriesAnswer>;
  /** Label sets of what matches within the window; throws where that is refused. */
  series(match: string, window: Window): Promise<readonly Labels[]>;
  /** @param window `null`: all Prometheus holds */
  labelValues(label: string, match: string | null, window: Window | null): Promise<ValuesAnswer>;
  labelNames(window: Window): Promise<ValuesAnswer>;
  targets(): Promise<readonly ActiveTarget[]>;
  /** Metrics that pages of targets declare now; none where that is refused. */
  declaredMetrics(): Promise<readonly string[]>;
  rules(): Promise<readonly Rule[]>;
  /** Alertmanagers it sends to. */
  alertmanagers(): Promise<number>;
  /** Its own clock. */
  nowMs(): Promise<number>;
};

export function prometheusClient(api: Api): PrometheusClient {
  const plain = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
    parsed(api, schema, wanted(api, await api.get(path)));
  return {
    name: api.name,
    query: async (expr, atMs) =>
      readSeries(
        api,
        await api.post('api/v1/query', [
          ['query', expr],
          ['time', seconds(atMs)],
        ]),
      ),
    queryRange: async (expr, window, stepMs) =>
      readSeries(
        api,
        await api.post('api/v1/query_range', [
          ['query', expr],
          ...times(window),
          ['step', String(stepMs / 1000)],
        ]),
      ),
    series: async (match, window) => {
      const answer = await api.post('api/v1/series', [['match[]', match], ...times(window)]);
      return parsed(api, z.array(labels), wanted(api, answer));
    },
    labelValues: async (label, match, window) =>
      readValues(
        api,
        await api.get(`api/v1/label/${encodeURIComponent(label)}/values`, [
          ...(match === null ? [] : [['match[]', match] as const]),
          ...(window === null ? [] : times(window)),
        ]),
      ),
    labelNames: async (window) => readValues(api, await api.get('api/v1/labels', times(window))),
    targets: async () => {
      const { activeTargets } = await plain('api/v1/targets', targetsSchema);
      return activeTargets;
    },
    declaredMetrics: async () => {
      const answer = await api.get('api/v1/metadata');
      return answer.kind === 'refused'
        ? []
        : Object.keys(parsed(api, z.record(z.string(), z.unknown()), answer.data));
    },
    rules: async () => {
      const { groups } = await plain('api/v1/rules', rulesSchema);
      return groups.flatMap((group) => group.rules.map((rule) => ({ ...rule, group: group.name })));
    },
    alertmanagers: async () =>
      (await plain('api/v1/alertmanagers', alertmanagersSchema)).activeAlertmanagers.length,
    nowMs: async () => {
      const data = wanted(api, await api.post('api/v1/query', [['query', 'time()']]));
      const { result } = parsed(api, z.looseObject({ result: sample }), data);
      return Number(result[1]) * 1000;
    },
  };
}

const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);

const resultSchema = z.discriminatedUnion('resultType', [
  z.looseObject({
    resultType: z.literal('matrix'),
    result: z.array(z.looseObject({ metric: labels, values: z.array(sample).default([]) })),
  }),
  z.looseObject({
    resultType: z.literal('vector'),
    result: z.array(z.looseObject({ metric: labels, value: sample.optional() })),
  }),
  z.looseObject({ resultType: z.literal('scalar'), result: sample }),
  z.looseObject({ resultType: z.literal('string'), result: sample }),
]);

const targetsSchema = z.looseObject({
  activeTargets: z.array(
    z.looseObject({ labels, health: z.string(), lastError: z.string().default('') }),
  ),
});

const rulesSchema = z.looseObject({
  groups: z.array(
    z.looseObject({
      name: z.string(),
      rules: z.array(
        z.looseObject({
          name: z.string(),
          query: z.string(),
          type: z.string(),
          health: z.string(),
          lastError: z.string().default(''),
          lastEvaluation: z.string().default(''),
        }),
      ),
    }),
  ),
});

const alertmanagersSchema = z.looseObject({ activeAlertmanagers: z.array(z.unknown()) });

function readSeries(api: Api, answer: ApiAnswer): SeriesAnswer {
  if (answer.kind === 'refused') return answer;
  const data = parsed(api, resultSchema, answer.data);
  switch (data.resultType) {
    case 'matrix':
      return {
        kind: 'series',
        series: data.result.map(({ metric, values }) => ({
          labels: metric,
          points: values.map(point),
        })),
      };
    case 'vector':
      return {
        kind: 'series',
        series: data.result.map(({ metric, value }) => ({
          labels: metric,
          points: value === undefined ? [] : [point(value)],
        })),
      };
    case 'scalar':
    case 'string':
      return { kind: 'series', series: [{ labels: {}, points: [point(data.result)] }] };
  }
}

function readValues(api: Api, answer: ApiAnswer): ValuesAnswer {
  if (answer.kind === 'refused') return answer;
  return { kind: 'values', values: parsed(api, z.array(z.string()), answer.data) };
}

function point([atSec, value]: readonly [number, string]): readonly [number, number] {
  const signs: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity };
  return [Math.round(atSec * 1000), signs[value] ?? Number(value)];
}

function times({ fromMs, toMs }: Window): Params {
  return [
    ['start', seconds(fromMs)],
    ['end', seconds(toMs)],
  ];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function wanted(api: Api, answer: ApiAnswer): unknown {
  return unlessRefused(api, answer).data;
}

/** An answer to a question that nobody typed. @throws Failure unhealthy (121) with Prometheus' own words */
export function unlessRefused<T extends { readonly kind: string }>(
  { name }: { readonly name: string },
  answer: T | Refusal,
): T {
  if (!isRefused(answer)) return answer;
  throw new Failure(exitCode.unhealthy, `${name} refused a plain question`, { why: answer.text });
}

function isRefused(answer: { readonly kind: string }): answer is Refusal {
  return answer.kind === 'refused';
}

function parsed<T>(api: Api, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Failure(exitCode.unhealthy, `${api.name} does not answer as Prometheus does`, {
    why: `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'another shape'}`,
  });
}
