/** One run of several as one row: what `--repeat` and `--ladder` list. */
import { bootstrapMean } from '../samples/bootstrap.ts';
import type { BootstrapMean } from '../samples/bootstrap.ts';
import type { Verdict } from '../verdict/judge.ts';
import type { Report } from './report.ts';

/** The worst of a run's faults where it has several. `null` where there was nothing to measure. */
export type RunRow = {
  readonly name: string;
  readonly runId: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly acked: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly neverBack: number;
  /** Sends that never had an answer and were seen nowhere: forgotten, though nothing was promised. */
  readonly unanswered: number;
  readonly resumeP99Ms: number | null;
  readonly mttrMs: number | null;
  readonly downClientSeconds: number;
  readonly ackP95Ms: number | null;
  /** CPU of all server processes for 1,000 deliveries, in ms. */
  readonly serverCpuMsPer1000: number | null;
};

/** The row of a run's report. */
export function rowOf(name: string, report: Report): RunRow {
  const { ledger, faults, ops, run } = report;
  const worst = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const ack = ops['chat.ack'];
  return {
    ...{ name, runId: run.id, verdict: report.verdict, exitCode: report.exitCode },
    acked: ledger.acked,
    lost: ledger.lost,
    duplicated: ledger.duplicated,
    reordered: ledger.reordered,
    neverBack: ledger.neverBack,
    unanswered: ledger.indeterminate,
    resumeP99Ms: worst(faults.map(({ resumeMs }) => (resumeMs.max > 0 ? resumeMs.p99 : null))),
    // One that was never over is worse than any that was.
    mttrMs: faults.some(({ bit, recoveredAt }) => bit && recoveredAt === null)
      ? null
      : worst(
          faults.map(({ at, recoveredAt }) => (recoveredAt === null ? null : recoveredAt - at)),
        ),
    downClientSeconds: faults.reduce((sum, one) => sum + one.downClientSeconds, 0),
    ackP95Ms: ack === undefined || ack.count === 0 ? null : ack.latencyMs.p95,
    serverCpuMsPer1000: serverCpu(report),
  };
}

/** All values stay in the rows; the intervals are of their worst faults. */
export type Repeats = {
  readonly runs: readonly RunRow[];
  readonly resumeP99Ms: BootstrapMean | null;
  readonly mttrMs: BootstrapMean | null;
  readonly downClientSeconds: BootstrapMean | null;
};

/** Runs of one thing, with the mean and its 95 % bootstrap interval; `seed` fixes the resampling. */
export function repeatsOf(runs: readonly RunRow[], seed: number): Repeats {
  const of = (read: (row: RunRow) => number | null): BootstrapMean | null => {
    const values = runs.map(read).filter((value) => value !== null);
    return values.length === 0 ? null : bootstrapMean(values, seed);
  };
  return {
    runs,
    resumeP99Ms: of((row) => row.resumeP99Ms),
    mttrMs: of((row) => row.mttrMs),
    downClientSeconds: of((row) => row.downClientSeconds),
  };
}

function serverCpu({ services, ledger, run }: Report): number | null {
  const servers = services.filter(({ kind }) => kind === 'server');
  if (servers.length === 0 || ledger.delivered === 0) return null;
  const cores = servers.reduce((sum, { cpuPct }) => sum + cpuPct.avg, 0) / 100;
  return (cores * run.durationMs * 1000) / ledger.delivered;
}
