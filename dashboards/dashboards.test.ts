import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { scrapeIntervalSec } from '../prometheus/scrape-config.ts';
import { alertDashboards } from '../prometheus/alert-rule.ts';
import { datasourceUids } from '../prometheus/datasources.ts';
import { defaultThresholds, everyThreshold } from '../cli/scenario/default-thresholds.ts';
import { observerList } from '../cli/topology/observers.ts';
import { scaled } from '../cli/topology/testing/topologies.ts';
import { parseThreshold } from '../cli/verdict/threshold.ts';
import { observers } from './observers.ts';
import { allDashboards } from './all-dashboards.ts';
import { generatedFiles } from './generated-files.ts';
import { lintDashboard } from './testing/lint-dashboard.ts';
import type { LintRule } from './testing/lint-dashboard.ts';
import { grafanaFolder, panelsOf, shippedDashboards } from './testing/shipped.ts';
import type { ShippedDashboard, ShippedPanel, ShippedVariable } from './testing/shipped.ts';
import { targets } from './targets.ts';

const dashboards = shippedDashboards();

describe('grafana/', () => {
  test('holds what `node dashboards/generate.ts` writes, and nothing else', () => {
    const committed = readdirSync(grafanaFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(grafanaFolder, join(entry.parentPath, entry.name)));
    const generated = generatedFiles();
    expect(committed.toSorted()).toEqual(Object.keys(generated).toSorted());
    for (const [path, text] of Object.entries(generated)) {
      expect(readFileSync(join(grafanaFolder, path), 'utf8'), path).toBe(text);
    }
  });

  test('the dashboards are all there, with enough panels that a green lint means something', () => {
    expect(dashboards.map(({ uid }) => uid).toSorted()).toEqual(
      allDashboards.map(({ uid }) => uid).toSorted(),
    );
    expect(dashboards.length).toBeGreaterThanOrEqual(7);
    expect(dashboards.flatMap(panelsOf).length).toBeGreaterThanOrEqual(110);
  });

  test('every dashboard that an alert links to exists', () => {
    const uids = dashboards.map(({ uid }) => uid);
    expect(Object.values(alertDashboards).filter((uid) => !uids.includes(uid))).toEqual([]);
  });
});

test('the services left out of a topology’s cost are its observers', () => {
  const { before, after } = observerList({ ...scaled, monitoring: true }, true);
  expect([...observers].toSorted()).toEqual([...before, ...after].toSorted());
});

test('the targets that panels draw are the thresholds that every run is judged by', () => {
  const loads = {
    rate: { kind: 'total', perSec: 1 },
    http: { perSec: 1, path: '/', freshShare: 0 },
  } as const;
  const bounds = defaultThresholds(loads, everyThreshold)
    .map((text) => parseThreshold(text))
    .map(({ metric, bound }) => [metric, bound]);
  expect(Object.fromEntries(bounds)).toMatchObject({
    'chat.ack': targets.ackP95Sec * 1000,
    'chat.delivery': targets.deliveryP95Sec * 1000,
    http: targets.httpP95Sec * 1000,
    errors: targets.errorShare * 100,
    'service.cpu': targets.cpuCores * 100,
  });
});

describe('provisioning', () => {
  type Datasource = { uid: string; type: string; jsonData: Record<string, unknown> };
  type DatasourceFile = { datasources: Datasource[] };
  const read = (path: string) => parse(readFileSync(join(grafanaFolder, path), 'utf8')) as unknown;
  const plain = read('provisioning/datasources/rtops.yml') as DatasourceFile;
  const withLogs = read('provisioning-with-logs/datasources/rtops.yml') as DatasourceFile;

  test('Prometheus’ interval is that of the scrapes: else every rate is four times as wide', () => {
    for (const file of [plain, withLogs]) {
      const prometheus = file.datasources.find(({ type }) => type === 'prometheus');
      expect(prometheus?.jsonData['timeInterval']).toBe(`${scrapeIntervalSec}s`);
    }
  });

  test('the uids are those that the dashboards’ variables choose', () => {
    const chosen = dashboards.flatMap(({ templating }) =>
      templating.list.flatMap((variable) =>
        variable.type === 'datasource' ? [currentOf(variable)] : [],
      ),
    );
    const known = withLogs.datasources.map(({ uid }) => uid);
    expect(known.toSorted()).toEqual(Object.values(datasourceUids).toSorted());
    expect(new Set(chosen)).toEqual(new Set([datasourceUids.prometheus, datasourceUids.loki]));
  });

  test('Loki is there only with logs', () => {
    expect(plain.datasources.map(({ type }) => type)).toEqual(['prometheus', 'alertmanager']);
    expect(withLogs.datasources.map(({ type }) => type)).toContain('loki');
  });

  test('the dashboards’ folder is the environment’s to say, and nobody may change them there', () => {
    const { providers } = read('provisioning/dashboards/rtops.yml') as {
      providers: { allowUiUpdates: boolean; options: { path: string } }[];
    };
    expect(providers).toHaveLength(1);
    expect(providers[0]).toMatchObject({
      allowUiUpdates: false,
      options: { path: '${RTOPS_DASHBOARDS}' },
    });
    expect(existsSync(join(grafanaFolder, 'dashboards'))).toBe(true);
  });
});

describe('the house’s rules for dashboards', () => {
  test.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
    '%s keeps them',
    (_, dashboard) => {
      expect(lintDashboard(dashboard)).toEqual([]);
    },
  );

  type Breach = readonly [rule: LintRule, plant: (sound: ShippedDashboard) => ShippedDashboard];
  const breaches: readonly Breach[] = [
    ['title', inPanel({ title: ' ' })],
    ['description', inPanel({ description: '\n\nexpect: data' })],
    ['expectation', inPanel({ description: 'What it shows.' })],
    ['expectation', inPanel({ description: 'What it shows.\n\nexpect: wonders' })],
    ['unit', inPanel({ fieldConfig: { defaults: { noValue: 'none yet' } } })],
    ['no value', inPanel({ fieldConfig: { defaults: { unit: 's' } } })],
    ['datasource', inPanel({ datasource: { type: 'prometheus', uid: 'abc' } })],
    ['datasource', inQuery({ datasource: { uid: 'abc' } })],
    ['rate interval', inQuery({ expr: 'rate(a{topology=~"$topology"}[1m])' })],
    ['scope', inQuery({ expr: 'sum(up)' })],
    ['scope', inQuery({ expr: 'sum(up{topology=~"$topology"}) / sum(up)' })],
    ['scope', inBands({ expr: 'up == 1', target: { expr: 'up == 1', interval: '2s' } })],
    ['scope', inPanel({ targets: [] })],
    ['legend', inQuery({ legendFormat: '' })],
    ['unique ids', inPanel({ id: 1 })],
    ['grid', inPanel({ gridPos: { x: 0, y: 0, w: 24, h: 4 } })],
    ['grid', inPanel({ gridPos: { x: 20, y: 900, w: 6, h: 4 } })],
    ['variable undefined', inQuery({ expr: 'sum(up{topology=~"$topology", pod="$pod"})' })],
    ['variable unused', inVariables([{ name: 'pod', type: 'textbox' }])],
    ['variable setting', inVariables([variable({ refresh: 1 })])],
    ['variable setting', inVariables([variable({ datasource: { uid: 'abc' } })])],
    ['variable setting', inVariables([variable({ multi: true, includeAll: false })])],
    ['band', inBands({ expr: 'other' })],
    ['band', inBands({ step: '60s' })],
    ['band', inBands({ datasource: { uid: 'abc' } })],
    ['band', inBands({ expr: 'up', target: { expr: 'up', interval: '2s' } })],
    ['no inputs', inPanel({ description: '${DS_PROMETHEUS}\n\nexpect: data' })],
    ['frame', (sound) => ({ ...sound, editable: true })],
    ['frame', (sound) => ({ ...sound, graphTooltip: 0 })],
    ['frame', (sound) => ({ ...sound, timezone: 'utc' })],
    ['frame', (sound) => ({ ...sound, tags: [], links: [] })],
  ];
  test.each(breaches)('negative control: a breach of "%s" is caught', (rule, plant) => {
    const [sound] = dashboards.filter(({ uid }) => uid === 'rtops-overview');
    if (sound === undefined) throw new Error('no overview');
    expect(lintDashboard(plant(sound)).map((finding) => finding.rule)).toContain(rule);
  });
});

/** The first panel that is no row, changed. */
function inPanel(change: Partial<ShippedPanel>): (sound: ShippedDashboard) => ShippedDashboard {
  return (sound) => {
    const at = sound.panels.findIndex(({ type }) => type !== 'row');
    return {
      ...sound,
      panels: sound.panels.map((panel, index) => (index === at ? { ...panel, ...change } : panel)),
    };
  };
}

function inQuery(change: object): (sound: ShippedDashboard) => ShippedDashboard {
  return (sound) => {
    const [first] = panelsOf(sound);
    return inPanel({ targets: [{ ...first?.targets?.[0], ...change }] })(sound);
  };
}

function inVariables(
  added: readonly ShippedVariable[],
): (sound: ShippedDashboard) => ShippedDashboard {
  return (sound) => ({ ...sound, templating: { list: [...sound.templating.list, ...added] } });
}

function variable(change: Partial<ShippedVariable>): ShippedVariable {
  return {
    name: 'pod',
    type: 'query',
    refresh: 2,
    datasource: { uid: '${datasource}' },
    ...change,
  };
}

function inBands(change: object): (sound: ShippedDashboard) => ShippedDashboard {
  return (sound) => ({
    ...sound,
    annotations: { list: sound.annotations.list.map((band) => ({ ...band, ...change })) },
  });
}

function currentOf(one: ShippedVariable): unknown {
  return 'current' in one && typeof one.current === 'object' && one.current !== null
    ? 'value' in one.current && one.current.value
    : undefined;
}
