/** Judges a stored run again, from figures that its history bears out. */
import { exitCode } from '../exit-code.ts';
import type { Report } from '../report/report.ts';
import type { FigureCheck } from '../samples/compare-recount.ts';
import type { LatencyMs, Summary } from '../samples/summary.ts';
import type { Recount } from '../samples/recount.ts';
import type { Isolation } from '../samples/window-latency.ts';
import { judge } from '../verdict/judge.ts';
import { parseThreshold } from '../verdict/threshold.ts';
import { poolsApart, withIsolations } from './judge-run.ts';

/** What the report says and what follows from its figures. */
export type VerdictCheck = {
  readonly what: string;
  readonly reported: string;
  readonly judged: string;
};

/**
 * Every threshold, the verdict and the exit code. Counts are those of the history; a latency that
 * agrees with it is taken as reported (a bound may lie between the two roundings); what no history
 * has (CPU of services, health of the generator) is the report's own.
 */
export function judgeAgain(
  report: Report,
  seen: Recount,
  checks: readonly FigureCheck[],
): readonly VerdictCheck[] {
  const { judged, scenario, run } = report;
  const thresholds = scenario.thresholds.map((text) => parseThreshold(text));
  const plain = judge(summaryOf(report, seen, checks), thresholds, {
    cores: run.host.cores,
    loopback: judged.loopback,
  });
  const isolations = poolsApart(report.topology) ? isolationsIn(report) : [];
  const again = withIsolations(plain, thresholds, isolations);
  const code = run.partial ? exitCode.interrupted : again.exitCode;
  const rows = Math.max(report.thresholds.length, again.thresholds.length);
  return [
    ...Array.from({ length: rows }, (_, i): VerdictCheck => {
      const [reported, found] = [report.thresholds[i], again.thresholds[i]];
      const isSameRow = reported === undefined || reported.text === found?.text;
      return {
        what: reported?.text ?? found?.text ?? '',
        reported: reported?.verdict ?? 'not there',
        judged: isSameRow ? (found?.verdict ?? '') : 'no such threshold here',
      };
    }),
    { what: 'verdict', reported: report.verdict, judged: again.verdict },
    { what: 'exit code', reported: String(report.exitCode), judged: String(code) },
  ];
}

function summaryOf(report: Report, seen: Recount, checks: readonly FigureCheck[]): Summary {
  const { users, ops, ledger, fidelity, services, generator, series } = report;
  const { faults, impact, judged } = report;
  const isWhole = !judged.cutShort && generator.endedWorkers.length === 0;
  const agreed = new Set(checks.filter(({ agrees }) => agrees !== 'no').map((one) => one.metric));
  const latencies = (name: string, reported: LatencyMs, recounted: LatencyMs): LatencyMs => ({
    ...recounted,
    ...Object.fromEntries(Object.entries(reported).filter(([key]) => agreed.has(`${name} ${key}`))),
  });
  return {
    durationMs: report.run.durationMs,
    partial: report.run.partial,
    users: isWhole ? { ...users, ...seen.users } : users,
    ops: Object.fromEntries(
      Object.entries(ops).map(([name, op]) => {
        const again = seen.ops[name];
        if (again === undefined || !isWhole) return [name, op];
        const { count, errors, latencyMs, serviceMs } = again;
        return [
          name,
          {
            ...op,
            ...{ count, errors },
            latencyMs: latencies(name, op.latencyMs, latencyMs),
            serviceMs: latencies(`${name} service`, op.serviceMs, serviceMs),
          },
        ];
      }),
    ),
    ledger: { ...ledger, ...seen.ledger },
    ...{ fidelity, services, generator, series },
    machine: machineOf(report),
    finalRead: judged.finalRead,
    holdSends: judged.holdSends,
    ...(impact === null || impact === undefined
      ? {}
      : { impact: { ...impact, faults, planned: report.scenario.faults.length } }),
  };
}

/** What a report says of one pool beside the other; an earlier one has one at most. */
export function isolationsIn({ isolation, isolations }: Report): readonly Isolation[] {
  if (isolations !== undefined) return isolations;
  return isolation === null || isolation === undefined ? [] : [isolation];
}

function machineOf({ run }: Report): Summary['machine'] {
  const { cpuPct, stealPct } = run.host;
  return cpuPct === undefined || stealPct === undefined ? undefined : { cpuPct, stealPct };
}
