import { describe, expect, test } from 'vitest';

import type { Variable } from '../inspect/dashboard.ts';
import type { PrometheusClient } from './prometheus-client.ts';
import { resolveVariables } from './resolve-variables.ts';
import { emptyPrometheus } from './testing/empty-prometheus.ts';

/** What a Prometheus remembers of two systems that were up one after the other. */
const prometheus: PrometheusClient = {
  ...emptyPrometheus,
  labelValues: async () => ({ kind: 'values', values: ['scaled', 'single'] }),
};

async function topologyOf(
  { multi = false, current = [] as readonly string[] },
  given: { asked?: readonly string[]; opened?: string; of?: PrometheusClient },
): Promise<readonly string[] | undefined> {
  const variable: Variable = {
    kind: 'query',
    name: 'topology',
    ...{ multi, includeAll: multi, allValue: null, current },
    ...{ query: 'label_values(up, topology)', regex: '', sort: 1, datasource: null },
  };
  const dashboard = { variables: [variable] };
  const { scope } = await resolveVariables(dashboard, {
    prometheus: given.of ?? prometheus,
    sources: [{ uid: 'p', name: 'P', type: 'prometheus', isDefault: true, scrapeIntervalSec: 2 }],
    window: { fromMs: 0, toMs: 60_000 },
    asked: given.asked === undefined ? {} : { topology: given.asked },
    opened: given.opened === undefined ? {} : { topology: given.opened },
  });
  return scope['topology']?.values;
}

describe('a variable stands for', () => {
  test('the topology of the run that is inspected, not the first by name', async () => {
    expect(await topologyOf({}, {})).toEqual(['scaled']);
    expect(await topologyOf({}, { opened: 'single' })).toEqual(['single']);
  });

  test('what has a sample in the window: Prometheus lists what was up long before as well', async () => {
    const inWindow = {
      ...prometheus,
      query: async (expr: string) => {
        expect(expr).toBe('group by (topology) (last_over_time(up[60s]))');
        const labels = { topology: 'single' };
        return { kind: 'series', series: [{ labels, points: [[60, 1]] }] } as const;
      },
    };
    expect(await topologyOf({ multi: true }, { of: inWindow })).toEqual(['single']);
  });

  test('what was asked for before all else, and for all where it may', async () => {
    expect(await topologyOf({}, { asked: ['scaled'], opened: 'single' })).toEqual(['scaled']);
    expect(await topologyOf({ multi: true }, { opened: 'single' })).toEqual(['scaled', 'single']);
  });

  test('nothing that Prometheus has no value of: what a run says of itself is left out, what was typed is refused', async () => {
    expect(await topologyOf({}, { opened: 'split' })).toEqual(['scaled']);
    await expect(topologyOf({}, { asked: ['split'] })).rejects.toThrow(
      '$topology has no value split',
    );
    expect(await topologyOf({ multi: true }, { asked: ['All'] })).toEqual(['scaled', 'single']);
  });
});
