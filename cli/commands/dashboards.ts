/** `rtops dashboards check` and `sheet`: every panel replayed over a window, judged and drawn. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure, messageOf, nearestName } from '../failure.ts';
import { checkDocument } from '../inspect/check-document.ts';
import { renderCheck } from '../inspect/check-text.ts';
import { renderSheet } from '../inspect/contact-sheet.ts';
import { checkVerdict } from '../inspect/inspection.ts';
import type { CheckRow, Inspection } from '../inspect/inspection.ts';
import type { Dashboard } from '../inspect/dashboard.ts';
import { replay, scrapeIntervalMs } from '../observe/replay.ts';
import type { PrometheusClient } from '../observe/prometheus-client.ts';
import type { Report } from '../report/report.ts';
import { terminalStyle } from '../screen/terminal.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { World } from '../world.ts';
import { openInspectionSource } from './inspection-source.ts';
import { inspectedSetting, inspectedWindow } from './inspection-window.ts';
import type { WindowOptions } from './inspection-window.ts';
import { openInBrowser } from './open-in-browser.ts';
import { readDashboards } from './read-dashboards.ts';
import { htmlAssets } from './run-folder.ts';
import { findRunUnderWay } from './run-under-way.ts';

export type DashboardsOptions = WindowOptions & {
  /** Files and folders of dashboards; none: the package's own. */
  readonly files: readonly string[];
  readonly prometheus?: string | undefined;
  readonly grafana?: string | undefined;
  /** `name=value`, several of one name for several values. */
  readonly var: readonly string[];
};

/**
 * Prints the table, or one JSON document. 0 when every panel, variable, annotation and rule has what
 * it should; 99 when one has not; 122 when the window holds no run or no scrape, or no panel could be
 * judged.
 */
export async function dashboardsCheck(
  world: World,
  options: DashboardsOptions & { readonly json: boolean; readonly sheet?: string | undefined },
): Promise<ExitCode> {
  const inspection = await inspect(world, options);
  if (options.sheet !== undefined) {
    const file = await writeSheet(world, inspection, options.sheet);
    world.stderr.write(`contact sheet: ${shown(world, file)}\n`);
  }
  const code = { pass: exitCode.pass, fail: exitCode.failed, 'no-data': exitCode.noVerdict }[
    checkVerdict(inspection.rows)
  ];
  if (options.json) {
    world.stdout.write(`${JSON.stringify(checkDocument(inspection, code), null, 2)}\n`);
  } else {
    const { width, ...style } = terminalStyle(world, world.stdout);
    world.stdout.write(renderCheck(inspection, style, width));
  }
  return code;
}

async function inspect(world: World, options: DashboardsOptions): Promise<Inspection> {
  const asked = variableValues(options.var);
  const dashboards = await readDashboards(world, options.files);
  assertVariables(Object.keys(asked), dashboards);
  const window = await inspectedWindow(world, options);
  tellOfRunUnderWay(world, options, window.report);
  const source = await openInspectionSource(world, options);
  const { prometheus, asker, sources } = source;
  const skewMs = await clockSkewMs(world, prometheus);
  const hasLoki = asker.types.includes('loki') && sources.some((one) => one.type === 'loki');
  const scrapeMs = scrapeIntervalMs(sources);
  const setting = await inspectedSetting(prometheus, window, { hasLoki, scrapeMs });
  if (options.files.length === 0 && !setting.present.run) throw noRunInWindow(prometheus.name);
  const missing = await source.missingDashboards(dashboards);
  const replayed = await replay({
    dashboards: dashboards.filter((one) => !missing.includes(one)),
    sources,
    window: { fromMs: window.fromMs, toMs: window.toMs },
    setting,
    asked,
    opened: openedWith(window.report),
    prometheus,
    asker,
  });
  return {
    window: { fromMs: window.fromMs, toMs: window.toMs },
    source: source.name,
    run: window.report?.run.id ?? null,
    skewMs,
    rows: [...missing.map(notInGrafana), ...replayed.rows],
    dashboards: replayed.dashboards,
  };
}

/** The newest run that has a report may not be the one that is meant. */
function tellOfRunUnderWay(
  world: World,
  { run, from, to }: WindowOptions,
  report: Report | null,
): void {
  if (report === null || (run ?? from ?? to) !== undefined) return;
  const id = findRunUnderWay(world)?.id;
  if (id === undefined || id === null) return;
  world.stderr.write(
    `${id} is under way and has no report yet: this is ${report.run.id}. What is now: --from now-2m\n`,
  );
}

/** A run is looked at on its own topology: Prometheus remembers others of this folder. */
function openedWith(report: Report | null): Readonly<Record<string, string>> {
  const topology = report?.topology ?? null;
  return topology === null ? {} : { topology: topology.name };
}

/** By Prometheus' own `time()`, against the middle of the question. */
async function clockSkewMs(world: World, prometheus: PrometheusClient): Promise<number> {
  const before = world.clock.now();
  const there = await prometheus.nowMs();
  return there - (before + world.clock.now()) / 2;
}

function notInGrafana(dashboard: Dashboard): CheckRow {
  return {
    dashboard: dashboard.title,
    kind: 'panel',
    name: '(the dashboard)',
    count: 0,
    verdict: 'error',
    cause: { kind: 'not-in-grafana', uid: dashboard.uid },
    refId: null,
    under: null,
  };
}

function variableValues(all: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const asked: Record<string, readonly string[]> = {};
  for (const text of all) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new Failure(exitCode.usage, `--var ${text} is not name=value`);
    }
    asked[name] = [...(asked[name] ?? []), value];
  }
  return asked;
}

/** A value for a variable that none has would change nothing, unnoticed. */
function assertVariables(asked: readonly string[], dashboards: readonly Dashboard[]): void {
  const known = new Set(dashboards.flatMap(({ variables }) => variables.map(({ name }) => name)));
  for (const name of asked) {
    if (known.has(name)) continue;
    const near = nearestName(name, [...known]);
    throw new Failure(exitCode.usage, `no dashboard has a variable ${name}`, {
      why:
        near !== undefined
          ? `did you mean ${near}?`
          : known.size === 0
            ? 'these have none'
            : `there are ${[...known].join(', ')}`,
    });
  }
}

function noRunInWindow(name: string): Failure {
  return new Failure(exitCode.noVerdict, 'the window holds no run', {
    why: `${name} has no rtops_run_info in it; panels without traffic prove nothing.`,
    next: 'rtops bench, then rtops dashboards check',
  });
}

/**
 * Writes the contact sheet and prints where it is. The verdict is in it; the exit code says only
 * whether it could be drawn.
 */
export async function dashboardsSheet(
  world: World,
  options: DashboardsOptions & { readonly out?: string | undefined; readonly open: boolean },
): Promise<ExitCode> {
  const inspection = await inspect(world, options);
  const file = await writeSheet(world, inspection, options.out);
  const opened = options.open && (await openInBrowser(world, file));
  world.stdout.write(opened ? `opened ${shown(world, file)}\n` : `${shown(world, file)}\n`);
  return exitCode.pass;
}

/** @returns its absolute path @throws Failure notReady (120) where it cannot be written */
async function writeSheet(
  world: World,
  inspection: Inspection,
  out: string | undefined,
): Promise<string> {
  const { dir, runsDir } = stateFolder(world.cwd);
  const usual = inspection.run === null ? dir : join(runsDir, inspection.run);
  const file = out === undefined ? join(usual, 'dashboards.html') : resolve(world.cwd, out);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, renderSheet(inspection, await htmlAssets()));
  } catch (error) {
    throw new Failure(exitCode.notReady, `cannot write ${file}`, {
      why: messageOf(error),
      next: 'Name a file that can be written.',
      cause: error,
    });
  }
  return file;
}

function shown(world: World, file: string): string {
  const inside = relative(world.cwd, file);
  return inside.startsWith('..') ? file : inside;
}
