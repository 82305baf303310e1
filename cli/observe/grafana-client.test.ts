import { describe, expect, onTestFinished, test } from 'vitest';

import { parseDashboard } from '../inspect/parse-dashboard.ts';
import { panelQueries } from '../inspect/panel-query.ts';
import { openGrafana } from './grafana-client.ts';
import { stubGrafana } from './testing/stub-grafana.ts';

const fromMs = 1_700_000_000_000;
const window = { fromMs, toMs: fromMs + 60_000 };

/** One series of two values, the second not a number, as Grafana writes it. */
const answered = {
  results: {
    A: {
      status: 200,
      frames: [
        {
          schema: {
            refId: 'A',
            fields: [
              { name: 'Time', type: 'time' },
              { name: 'Value', type: 'number', labels: { instance: 'ws-1' } },
            ],
          },
          data: {
            values: [
              [fromMs, fromMs + 2000],
              [1.5, null],
            ],
            entities: [null, { NaN: [1], Inf: [], NegInf: [] }],
          },
        },
      ],
    },
  },
};

const answers = {
  '/api/health': { body: { database: 'ok', version: '12.1.0', commit: 'abc' } },
  '/api/datasources': {
    body: [
      {
        id: 1,
        uid: 'prom',
        name: 'P',
        type: 'prometheus',
        isDefault: true,
        jsonData: { timeInterval: '2s' },
      },
      { id: 2, uid: 'logs', name: 'L', type: 'loki', isDefault: false },
    ],
  },
  '/api/search': { body: [{ id: 1, uid: 'rtops-overview', title: 'x', type: 'dash-db' }] },
  '/api/ds/query': { body: answered },
  '/api/datasources/proxy/uid/prom/api/v1/label/job/values': {
    body: { status: 'success', data: ['shop'] },
  },
};

async function grafana(over: Parameters<typeof stubGrafana>[0] = {}, token?: string) {
  const stub = await stubGrafana({ ...answers, ...over });
  onTestFinished(() => stub[Symbol.asyncDispose]());
  return { stub, open: () => openGrafana(stub.url, token) };
}

async function aQuery(client: Awaited<ReturnType<typeof openGrafana>>) {
  const { panels } = parseDashboard(
    {
      title: 'D',
      panels: [{ type: 'timeseries', targets: [{ expr: 'rate(x[$__rate_interval])' }] }],
    },
    'd.json',
  );
  const sources = await client.dataSources();
  const [query] = panels.flatMap((panel) => panelQueries(panel, {}, window, sources));
  if (query === undefined) throw new Error('no query');
  return query;
}

describe('a Grafana', () => {
  test('answers panels by its own query API, with its own rate interval', async () => {
    const { stub, open } = await grafana({}, 'secret');
    const client = await open();
    const answer = await client.ask(await aQuery(client));
    expect(client.version).toBe('12.1.0');
    expect(answer).toEqual({
      kind: 'series',
      series: [
        {
          labels: { instance: 'ws-1' },
          points: [
            [fromMs, 1.5],
            [fromMs + 2000, NaN],
          ],
        },
      ],
    });
    const asked = stub.asked.at(-1);
    expect(asked).toMatchObject({
      line: 'POST /api/ds/query',
      token: 'Bearer secret',
      body: {
        from: String(fromMs),
        to: String(fromMs + 60_000),
        queries: [
          {
            refId: 'A',
            expr: 'rate(x[$__rate_interval])',
            datasource: { type: 'prometheus', uid: 'prom' },
            intervalMs: 2000,
            range: true,
          },
        ],
      },
    });
  });

  test('is asked for its data sources, its dashboards, and Prometheus behind it', async () => {
    const { open } = await grafana();
    const client = await open();
    expect(await client.dataSources()).toMatchObject([
      { uid: 'prom', type: 'prometheus', scrapeIntervalSec: 2 },
      { uid: 'logs', type: 'loki', scrapeIntervalSec: 15 },
    ]);
    expect(await client.dashboards()).toEqual(['rtops-overview']);
    expect(await client.prometheus('prom').labelValues('job', null, null)).toEqual({
      kind: 'values',
      values: ['shop'],
    });
  });

  const refusals: readonly [string, { status?: number; body: unknown }][] = [
    [
      'in the result',
      { status: 400, body: { results: { A: { error: 'parse error at char 5', status: 400 } } } },
    ],
    ['as a message', { status: 500, body: { message: 'parse error at char 5' } }],
  ];
  test.each(refusals)('what it refuses is told (%s)', async (_, answer) => {
    const { open } = await grafana({ '/api/ds/query': answer });
    const client = await open();
    expect(await client.ask(await aQuery(client))).toEqual({
      kind: 'refused',
      text: 'parse error at char 5',
    });
  });

  test('a token without the right is named, and never printed', async () => {
    const { open } = await grafana({ '/api/datasources': { status: 403, body: {} } }, 'secret');
    const client = await open();
    const failure = await client.dataSources().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 121, why: expect.stringContaining('403') });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('secret');
  });

  test('something that is no Grafana is not taken for one', async () => {
    const { open } = await grafana({ '/api/health': { body: { status: 'up' } } });
    await expect(open()).rejects.toMatchObject({ code: 121 });
  });
});
