/** Puts a run's parts together as report.json has them. */
import { createRequire } from 'node:module';

import { exitCode } from '../exit-code.ts';
import { unsentText } from '../load/driver.ts';
import { isolationSentence } from '../report/isolation-text.ts';
import type { HostFacts, Report } from '../report/report.ts';
import type { Isolation } from '../samples/window-latency.ts';
import { binaryVersions } from '../system/binary-versions.ts';
import { findBottleneck } from '../verdict/bottleneck.ts';
import type { Judgement } from '../verdict/judge.ts';
import type { World } from '../world.ts';
import type { BenchRequest } from './bench-request.ts';
import type { BenchTarget } from './bench-target.ts';
import type { Measured } from './measure.ts';
import type { Run } from './open-run.ts';
import { packageVersion } from './package-file.ts';
import { isLoopback } from './probe-url.ts';

/** The most error texts a report repeats. */
const errorTextsShown = 3;

export type ReportParts = {
  readonly run: Run;
  readonly asked: BenchRequest;
  readonly target: BenchTarget;
  readonly measured: Measured;
  readonly judgement: Judgement;
  readonly host: HostFacts;
  readonly isolations: readonly Isolation[];
};

/** The report of a run. */
export async function composeReport(world: World, parts: ReportParts): Promise<Report> {
  const { run, asked, target, measured, judgement, host } = parts;
  const { summary } = measured;
  return {
    schemaVersion: 1,
    run: {
      id: run.id,
      startedAt: new Date(measured.startedAtMs).toISOString(),
      durationMs: summary.durationMs,
      partial: summary.partial,
      seed: asked.scenario.seed,
      versions: { ...packageVersions(), ...(await binaryVersions(world)) },
      host: { ...host, ...summary.machine },
    },
    topology: target.system?.topology ?? null,
    scenario: asked.scenario,
    verdict: judgement.verdict,
    exitCode: summary.partial ? exitCode.interrupted : judgement.exitCode,
    notes: [
      ...judgement.notes,
      ...measured.faults.problems,
      ...(measured.flood?.failed == null ? [] : [measured.flood.failed]),
      ...parts.isolations.map(isolationSentence),
      ...errorNotes(measured),
    ],
    thresholds: judgement.thresholds,
    users: summary.users,
    ops: summary.ops,
    ledger: summary.ledger,
    fidelity: summary.fidelity,
    services: summary.services,
    generator: summary.generator,
    bottleneck: findBottleneck(summary, host.cores, target.system?.topology.proxy?.workers),
    faults: summary.impact?.faults ?? [],
    impact: impactOf(summary),
    isolation: parts.isolations[0] ?? null,
    isolations: parts.isolations,
    series: summary.series,
    judged: {
      holdSends: summary.holdSends,
      finalRead: summary.finalRead,
      loopback: isLoopback(new URL(target.target.url).hostname),
      cutShort: measured.aborted,
    },
  };
}

/** All but the faults themselves, which have their place in report.json. */
function impactOf({ impact }: Measured['summary']): Report['impact'] {
  if (impact === undefined) return null;
  const { baseline, availability, worstMessages, stability } = impact;
  return { baseline, availability, worstMessages, stability };
}

function errorNotes({ errorTexts }: Measured): string[] {
  const { [unsentText]: unsent = 0, ...others } = errorTexts;
  const texts = Object.entries(others)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, errorTextsShown)
    .map(([text, count]) => `${count} × ${text}`);
  return unsent === 0 ? texts : [unsentNote(unsent), ...texts];
}

function unsentNote(count: number): string {
  const sends = count === 1 ? 'send was' : 'sends were';
  return `${count.toLocaleString('en-US')} ${sends} due and never left`;
}

function packageVersions(): Record<string, string> {
  const { resolve } = createRequire(import.meta.url);
  return {
    rtops: packageVersion(),
    'socket.io': packageVersion(resolve('socket.io/package.json')),
  };
}
