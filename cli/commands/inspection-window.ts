/** Which stretch of time is inspected, and what a run had in it. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { parseInstant } from '../inspect/instant.ts';
import type { Setting } from '../inspect/judge-panel.ts';
import type { Window } from '../inspect/panel-query.ts';
import type { PrometheusClient, SeriesAnswer } from '../observe/prometheus-client.ts';
import type { Report } from '../report/report.ts';
import type { World } from '../world.ts';
import { findRunFolder, readReport } from './run-folder.ts';
import { findRunUnderWay } from './run-under-way.ts';

export type InspectedWindow = Window & {
  /** The run that lies in it; `null` where none that this folder knows does. */
  readonly report: Report | null;
};

export type WindowOptions = {
  readonly run?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/**
 * The window that was typed, or that of the last run. Of a run that was named, the end that was not
 * typed is its own.
 * @throws Failure noVerdict (122) where there is no run; usage (2) for what is no moment, and for a run
 *   that was named and lies outside of the window
 */
export async function inspectedWindow(
  world: World,
  options: WindowOptions,
): Promise<InspectedWindow> {
  const report = await lastReport(world, options);
  if (options.from === undefined && options.to === undefined) {
    if (report === null) throw noRun(findRunUnderWay(world)?.id ?? undefined);
    return { ...windowOf(report), report };
  }
  const run = report === null ? null : windowOf(report);
  const { fromMs, toMs } = typedWindow(options, world.clock.now(), run);
  const lies = run !== null && run.fromMs < toMs && run.toMs > fromMs;
  if (options.run !== undefined && !lies) throw outside(options, run);
  if (toMs - fromMs < 1000) {
    throw new Failure(exitCode.usage, '--to must be at least a second after --from', {
      why: `that is from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`,
    });
  }
  if (toMs - fromMs > widestMs) {
    throw new Failure(exitCode.usage, 'the window is wider than a hundred years', {
      why: `that is from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}; Prometheus cannot count so far`,
      next: 'rtops dashboards check --from now-15m',
    });
  }
  return { fromMs, toMs, report: lies ? report : null };
}

/** Prometheus' spans end at 292 years. */
const widestMs = 100 * 365.25 * 86_400_000;

function typedWindow(options: WindowOptions, nowMs: number, run: Window | null): Window {
  const named = options.run === undefined ? null : run;
  const at = (flag: '--from' | '--to', text: string | undefined, other: string): number =>
    text === undefined && named !== null
      ? named[flag === '--from' ? 'fromMs' : 'toMs']
      : moment(flag, text ?? other, nowMs);
  return {
    fromMs: at('--from', options.from, 'now-15m'),
    toMs: at('--to', options.to, 'now'),
  };
}

function outside({ run: name, from, to }: WindowOptions, run: Window | null): Failure {
  const where =
    from === undefined
      ? 'before --to'
      : to === undefined
        ? 'after --from'
        : 'between --from and --to';
  return new Failure(exitCode.usage, `the run ${name} does not lie ${where}`, {
    ...(run !== null && {
      why: `it was from ${new Date(run.fromMs).toISOString()} to ${new Date(run.toMs).toISOString()}`,
    }),
    next: 'leave out --from and --to, or --run',
  });
}

/** What the panels may count on: by the run's report, else by what Prometheus saw. */
export async function inspectedSetting(
  prometheus: PrometheusClient,
  { fromMs, toMs, report }: InspectedWindow,
  { hasLoki, scrapeMs }: { readonly hasLoki: boolean; readonly scrapeMs: number },
): Promise<Setting> {
  const window = { fromMs, toMs };
  const span = `${Math.max(1, Math.ceil((toMs - fromMs) / 1000))}s`;
  const samples = `max(count_over_time(rtops_run_info[${span}]))`;
  const isThere = async (expr: string): Promise<boolean> => {
    const answer = await prometheus.query(expr, toMs);
    return answer.kind === 'series' && answer.series.length > 0;
  };
  const [targets, alertmanagers, ran, http, fault, cameBack] = await Promise.all([
    prometheus.series('up', window),
    prometheus.alertmanagers(),
    prometheus.query(samples, toMs),
    isThere(`sum(increase(rtops_client_http_seconds_count[${span}])) > 0`),
    isThere(`max(max_over_time(rtops_fault_active[${span}])) > 0`),
    isThere(`sum(increase(rtops_client_reconnects_total[${span}])) > 0`),
  ]);
  const ranMs = scrapeMs * highestOf(ran);
  const run = ranMs > 0;
  const has = (job: string): boolean => targets.some((labels) => labels['job'] === job);
  const servers = targets.filter((labels) => labels['job'] === 'rtops-server').length;
  const topology = report?.topology ?? null;
  const nginx = topology === null ? has('nginx') : topology.proxy !== null;
  return {
    present: {
      loki: hasLoki,
      alertmanager: alertmanagers > 0,
      nginx,
      redis: topology === null ? has('redis') : topology.redis !== null,
      run: report !== null || run,
      http: report === null ? http : report.scenario.http.perSec > 0,
      nodes: servers >= 2,
      log: topology === null || topology.messagePath === 'log',
    },
    trafficMs: report !== null ? overlapMs(windowOf(report), window) : run ? ranMs : Infinity,
    hadFault: report === null ? fault : report.faults.length > 0,
    longestFaultMs:
      report === null ? Infinity : Math.max(0, ...report.faults.map(({ at, until }) => until - at)),
    faulted: report === null ? fault && cameBack : report.faults.some(threwOff),
    restarted: report !== null && endedAndBack(report),
    failedOver: report !== null && nginx && report.faults.some(hadToBeGoneRound),
  };
}

function highestOf(answer: SeriesAnswer): number {
  const series = answer.kind === 'series' ? answer.series : [];
  return Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value)));
}

function overlapMs(one: Window, other: Window): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}

type Fault = Report['faults'][number];

/** Not who only waited: on a connection that holds nobody comes back. */
function threwOff({ stormPerSec }: Fault): boolean {
  return stormPerSec > 0;
}

/** Faults that end a process of a service. */
const ending = ['kill', 'term', 'restart', 'power-loss'];
/** Until it is up again, was seen by the supervisor, and was scraped. */
const backWithinMs = 8000;

function endedAndBack({ faults, services, run }: Report): boolean {
  return faults.some(
    ({ kind, node, bit, until }) =>
      bit &&
      ending.includes(kind) &&
      until + backWithinMs < run.durationMs &&
      services.some(({ name, restarts }) => name === node && restarts > 0),
  );
}

/** A dead port refuses, so nginx tries another at once; one that hangs is waited for. */
function hadToBeGoneRound(fault: Fault): boolean {
  return fault.kind === 'kill' && (fault.clientsOnNode ?? 0) > 0 && threwOff(fault);
}

/** `null` where this folder has no run, or none by that name was asked for. */
async function lastReport(world: World, { run }: WindowOptions): Promise<Report | null> {
  try {
    return await readReport(await findRunFolder(world, run));
  } catch (error) {
    if (run === undefined && error instanceof Failure) return null;
    throw error;
  }
}

function windowOf({ run }: Report): Window {
  const fromMs = Date.parse(run.startedAt);
  return { fromMs, toMs: fromMs + Math.max(1000, run.durationMs) };
}

function moment(flag: string, text: string, nowMs: number): number {
  const at = parseInstant(text, nowMs);
  if (at !== undefined) return at;
  throw new Failure(exitCode.usage, `${flag} ${text} is no moment`, {
    why: 'Expected: now-15m, 2026-11-21T14:00:00Z, or ms since 1970.',
  });
}

function noRun(underWay: string | undefined): Failure {
  if (underWay !== undefined) {
    return new Failure(exitCode.noVerdict, `the run ${underWay} has no report yet`, {
      why: 'it is under way, and there is no other in this folder',
      next: 'rtops dashboards check --from now-2m looks at what is now',
    });
  }
  return new Failure(exitCode.noVerdict, 'there is no run to inspect', {
    why: '.rtops/runs holds no report.json, and no --from and --to were given; panels without traffic prove nothing.',
    next: 'rtops up --observe -d, then rtops bench, then rtops dashboards check',
  });
}
