import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { PrometheusClient } from '../observe/prometheus-client.ts';
import { emptyPrometheus } from '../observe/testing/empty-prometheus.ts';
import type { Report } from '../report/report.ts';
import { failedReport } from '../report/testing/sample-report.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { inspectedSetting, inspectedWindow } from './inspection-window.ts';

/** A Prometheus that answers some questions, and holds nothing else. */
function holding(...metrics: readonly string[]): PrometheusClient {
  const some = { kind: 'series', series: [{ labels: {}, points: [[0, 1]] }] } as const;
  return {
    ...emptyPrometheus,
    query: async (expr, atMs) =>
      metrics.some((name) => expr.includes(name)) ? some : emptyPrometheus.query(expr, atMs),
  };
}

type Fault = Report['faults'][number];

function withFault(fault: Partial<Fault>, restarts: number): Report {
  const report = failedReport();
  const [first] = report.faults;
  const [service] = report.services;
  if (first === undefined || service === undefined) throw new Error('the sample has no fault');
  const node = fault.node ?? 'ws-2';
  return {
    ...report,
    run: { ...report.run, durationMs: 60_000 },
    faults: [{ ...first, bit: true, at: 10_000, until: 20_000, node, affected: 60, ...fault }],
    services: [{ ...service, name: node, restarts }],
  };
}

async function settingOf(report: Report | null, prometheus = holding()) {
  const window = { fromMs: 0, toMs: 60_000, report };
  const { hadFault, faulted, restarted, failedOver } = await inspectedSetting(prometheus, window, {
    hasLoki: false,
    scrapeMs: 2000,
  });
  return { hadFault, faulted, restarted, failedOver };
}

describe('what panels must show of a fault', () => {
  const kill = { kind: 'kill', stormPerSec: 40, clientsOnNode: 30 };
  const rows: readonly [string, Partial<Fault>, number, object][] = [
    [
      'a node killed under its users: who came back, that it was started again, who was asked instead',
      kill,
      1,
      { faulted: true, restarted: true, failedOver: true },
    ],
    [
      'Redis killed: users only waited, so nobody came back',
      { ...kill, node: 'redis', stormPerSec: 0, clientsOnNode: null },
      1,
      { faulted: false, restarted: true, failedOver: false },
    ],
    [
      'a node that hangs: nothing was started again, and nothing refused',
      { ...kill, kind: 'pause' },
      0,
      { faulted: true, restarted: false, failedOver: false },
    ],
    ['a node that stays down', kill, 0, { faulted: true, restarted: false, failedOver: true }],
    [
      'a node that is back when the run is over',
      { ...kill, until: 57_000 },
      1,
      { faulted: true, restarted: false, failedOver: true },
    ],
    [
      'an API node, which has no users',
      { ...kill, node: 'api-1', stormPerSec: 0, clientsOnNode: 0 },
      1,
      { faulted: false, restarted: true, failedOver: false },
    ],
  ];
  test.each(rows)('%s', async (_, fault, restarts, expected) => {
    expect(await settingOf(withFault(fault, restarts))).toEqual({ hadFault: true, ...expected });
  });

  test('without a report Prometheus says whether anybody came back', async () => {
    const nothing = { restarted: false, failedOver: false };
    expect(await settingOf(null, holding('rtops_fault_active'))).toEqual({
      ...nothing,
      hadFault: true,
      faulted: false,
    });
    const both = holding('rtops_fault_active', 'rtops_client_reconnects_total');
    expect(await settingOf(null, both)).toEqual({ ...nothing, hadFault: true, faulted: true });
  });
});

describe('how long there was traffic', () => {
  test.each([
    ['all of a run that lies in the window', 0, 600_000, 60_000],
    ['the part that lies in it', 40_000, 600_000, 20_000],
  ])('%s', async (_, fromMs, toMs, expected) => {
    const report = withFault({}, 0);
    const atMs = Date.parse(report.run.startedAt);
    const window = { fromMs: atMs + fromMs, toMs: atMs + toMs, report };
    const how = { hasLoki: false, scrapeMs: 2000 };
    expect((await inspectedSetting(holding(), window, how)).trafficMs).toBe(expected);
  });

  test('a window of centuries is refused: Prometheus would call its own queries wrong', async () => {
    const window = inspectedWindow(testWorld(), { from: 'now-1000y' });
    await expect(window).rejects.toMatchObject({
      code: 2,
      message: expect.stringContaining('hundred'),
    });
  });

  test.each([
    ['as long as Prometheus scraped one', holding('rtops_run_info'), 2000],
    ['not known where there was none', holding(), Infinity],
  ])('without a report: %s', async (_, prometheus, expected) => {
    const window = { fromMs: 0, toMs: 60_000, report: null };
    const how = { hasLoki: false, scrapeMs: 2000 };
    expect((await inspectedSetting(prometheus, window, how)).trafficMs).toBe(expected);
  });
});

describe('a run that was named', () => {
  const run = '20261121-100000-aaaa';
  /** A folder with that run, and when it was. */
  function withRun() {
    const world = testWorld();
    const dir = join(world.cwd, '.rtops', 'runs', run);
    mkdirSync(dir, { recursive: true });
    const report = failedReport();
    writeFileSync(join(dir, 'report.json'), JSON.stringify(report));
    return { world, atMs: Date.parse(report.run.startedAt) };
  }

  test('is refused where it lies outside of --from and --to, not left out in silence', async () => {
    const { world, atMs } = withRun();
    const window = { from: String(atMs - 20_000), to: String(atMs - 10_000) };
    await expect(inspectedWindow(world, { run, ...window })).rejects.toMatchObject({ code: 2 });
    // Control: the newest run, which nobody named, has no part in that window.
    expect((await inspectedWindow(world, window)).report).toBeNull();
  });

  test.each([
    ['from', 20_000, 20_000, 50_400],
    ['to', 20_000, 0, 20_000],
  ] as const)('with --%s alone is inspected to its other end', async (flag, at, fromMs, toMs) => {
    const { world, atMs } = withRun();
    const inspected = await inspectedWindow(world, { run, [flag]: String(atMs + at) });
    expect(inspected).toMatchObject({ fromMs: atMs + fromMs, toMs: atMs + toMs });
    expect(inspected.report?.run.startedAt).toBe(new Date(atMs).toISOString());
  });

  test.each([
    ['from', 60_000, 'after --from'],
    ['to', -10_000, 'before --to'],
  ] as const)('has nothing beyond its own time: --%s', async (flag, offMs, where) => {
    const { world, atMs } = withRun();
    const refused = inspectedWindow(world, { run, [flag]: String(atMs + offMs) });
    await expect(refused).rejects.toMatchObject({
      code: 2,
      message: `the run ${run} does not lie ${where}`,
    });
  });

  test('that nobody named keeps its bounds out of a window that was typed', async () => {
    const { world, atMs } = withRun();
    const clock = { ...world.clock, now: () => atMs + 30_000 };
    const inspected = await inspectedWindow({ ...world, clock }, { from: 'now-2m' });
    expect(inspected).toMatchObject({ fromMs: atMs - 90_000, toMs: atMs + 30_000 });
  });

  test('is inspected in as much of it as was asked for', async () => {
    const { world, atMs } = withRun();
    const window = { from: String(atMs - 10_000), to: String(atMs + 5000) };
    const inspected = await inspectedWindow(world, { run, ...window });
    expect(inspected).toMatchObject({ fromMs: atMs - 10_000, toMs: atMs + 5000 });
    expect(inspected.report?.run.startedAt).toBe(new Date(atMs).toISOString());
  });
});
