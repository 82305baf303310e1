/** A running Grafana's HTTP API: its own query path for panels, its data source proxy for the rest. */
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { DataSource } from '../inspect/dashboard.ts';
import { parseDataSource } from '../inspect/parse-data-sources.ts';
import type { PanelQuery } from '../inspect/panel-query.ts';
import type { Series } from '../inspect/series.ts';
import { askHttp, httpBase } from './ask-http.ts';
import { readFrames } from './grafana-frames.ts';
import { openApi } from './prometheus-api.ts';
import { prometheusClient } from './prometheus-client.ts';
import type { PrometheusClient, SeriesAnswer } from './prometheus-client.ts';
import type { Asker } from './asker.ts';

/** Each call throws Failure unhealthy (121) when Grafana is away or the token has no right. */
export type GrafanaClient = Asker & {
  readonly name: string;
  readonly version: string;
  dataSources(): Promise<readonly DataSource[]>;
  /** Uids of the dashboards it has. */
  dashboards(): Promise<readonly string[]>;
  /** Prometheus as this Grafana reaches it. */
  prometheus(uid: string): PrometheusClient;
};

const next =
  'Look at the address, and give a service account token with the role Viewer: RTOPS_GRAFANA_TOKEN=… rtops dashboards check --grafana URL';

/** @param token of a service account; `undefined` for a Grafana that lets anybody view */
export async function openGrafana(url: URL, token: string | undefined): Promise<GrafanaClient> {
  const { address, headers: credentials } = httpBase(url);
  const headers = {
    accept: 'application/json',
    ...credentials,
    ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
  };
  const ask = async (path: string, body: unknown = null) => {
    const sent = body === null ? null : { type: 'application/json', text: JSON.stringify(body) };
    const { status, text } = await askHttp(
      new URL(`${address}/${path}`),
      headers,
      sent,
      (why, cause) =>
        new Failure(exitCode.unhealthy, `${address} does not answer`, { why, next, cause }),
    );
    if (status === 401 || status === 403) {
      throw failed(
        address,
        `It answered ${status} to /${path}: the token is missing or may not do that.`,
      );
    }
    return { status, value: json(address, path, status, text) };
  };
  const health = healthSchema.safeParse((await ask('api/health')).value);
  if (!health.success) throw failed(address, 'Its /api/health is not that of a Grafana.');
  return {
    name: address,
    version: health.data.version,
    types: ['prometheus', 'loki'],
    dataSources: async () => {
      const { value } = await ask('api/datasources');
      const parsed = z.array(z.unknown()).safeParse(value);
      if (!parsed.success) throw failed(address, 'Its list of data sources is none.');
      return parsed.data.flatMap((one) => parseDataSource(one));
    },
    dashboards: async () => {
      const { value } = await ask('api/search?type=dash-db&limit=5000');
      const parsed = z.array(z.looseObject({ uid: z.string() })).safeParse(value);
      if (!parsed.success) throw failed(address, 'Its search answers no list of dashboards.');
      return parsed.data.map(({ uid }) => uid);
    },
    prometheus: (uid) =>
      prometheusClient(
        openApi(
          new URL(`${address}/api/datasources/proxy/uid/${encodeURIComponent(uid)}`),
          headers,
          next,
        ),
      ),
    ask: async (query) => {
      const { status, value } = await ask('api/ds/query', queryBody(query));
      return readAnswer(value, status, query);
    },
  };
}

const healthSchema = z.looseObject({
  database: z.string(),
  version: z.string().default('unknown'),
});

/** `$__rate_interval` and its kin are left to Grafana, with what it needs to work them out. */
function queryBody(query: PanelQuery): unknown {
  const { fromMs, toMs } = query.window;
  const source = query.datasource.kind === 'found' ? query.datasource.source : undefined;
  return {
    queries: [
      {
        refId: query.refId,
        expr: query.exprForGrafana,
        datasource: { type: source?.type, uid: source?.uid },
        instant: query.instant,
        range: !query.instant,
        format: query.format,
        legendFormat: query.legendFormat,
        intervalMs: query.stepMs,
        maxDataPoints: query.maxDataPoints,
        ...(source?.type === 'loki' ? { queryType: query.instant ? 'instant' : 'range' } : {}),
      },
    ],
    from: String(fromMs),
    to: String(toMs),
  };
}

const resultSchema = z.looseObject({
  message: z.string().optional(),
  results: z
    .record(
      z.string(),
      z.looseObject({
        error: z.string().optional(),
        frames: z.array(z.unknown()).nullish(),
      }),
    )
    .optional(),
});

function readAnswer(value: unknown, status: number, query: PanelQuery): SeriesAnswer {
  const parsed = resultSchema.safeParse(value);
  const result = parsed.data?.results?.[query.refId];
  const refusal = result?.error ?? (status >= 400 ? parsed.data?.message : undefined);
  if (refusal !== undefined) return { kind: 'refused', text: refusal };
  if (result === undefined) {
    return { kind: 'refused', text: `Grafana answered ${status} without a result` };
  }
  const series: readonly Series[] = readFrames(result.frames ?? []);
  return { kind: 'series', series };
}

function json(address: string, path: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failed(address, `It answered ${status} to /${path} with something that is not JSON.`);
  }
}

function failed(address: string, why: string): Failure {
  return new Failure(exitCode.unhealthy, `${address} does not answer as a Grafana does`, {
    why,
    next,
  });
}
