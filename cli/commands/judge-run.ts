/** From what a run measured to its verdict: the faults' impact, the isolation, the thresholds. */
import { exitCode } from '../exit-code.ts';
import { visitHistory } from '../load/history-files.ts';
import type { HostFacts } from '../report/report.ts';
import { deedsToPools, spanOf } from '../samples/pool-deeds.ts';
import { createWindowLatency } from '../samples/window-latency.ts';
import type { Isolation, Span, Spans } from '../samples/window-latency.ts';
import { steadySpan } from '../scenario/flood-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Topology } from '../topology/topology.ts';
import { judgeIsolation } from '../verdict/judge-isolation.ts';
import { judge, withoutPass } from '../verdict/judge.ts';
import type { Judgement } from '../verdict/judge.ts';
import type { BenchRequest } from './bench-request.ts';
import type { BenchTarget } from './bench-target.ts';
import type { Measured } from './measure.ts';
import type { Run } from './open-run.ts';
import { isLoopback } from './probe-url.ts';

export type Judged = {
  readonly judgement: Judgement;
  readonly isolations: readonly Isolation[];
};

export type JudgeRunParts = {
  readonly run: Run;
  readonly target: BenchTarget;
  readonly measured: Measured;
  readonly host: HostFacts;
};

/** Reads the run's history where there were faults or a flood. */
export async function judgeRun(asked: BenchRequest, parts: JudgeRunParts): Promise<Judged> {
  const { run, target, measured, host } = parts;
  const isolations = await isolationsOf(asked, measured, run.historyDir);
  const judged = judge(measured.summary, asked.thresholds, {
    cores: host.cores,
    loopback: isLoopback(new URL(target.target.url).hostname),
  });
  const apart = poolsApart(target.system?.topology);
  return {
    judgement: withIsolations(judged, asked.thresholds, apart ? isolations : []),
    isolations,
  };
}

/** Whether API and chat are processes of their own, so that one can be shielded from the other. */
export function poolsApart(topology: Topology | null | undefined): boolean {
  return topology !== undefined && topology !== null && topology.all === null;
}

/** After a fault, the other pool's figures are left out for so long on both sides. */
const settleMs = 3000;

/** What is held against what of a deed; `beside`: what else was there. */
export function isolationSpans(
  scenario: Pick<Scenario, 'stages'>,
  inside: readonly Span[],
  beside: readonly Span[],
): Spans {
  const except = beside.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + settleMs }));
  return { within: steadySpan(scenario), inside, except };
}

/** Empty when nothing was done to one pool alone, or nobody used the other one. */
async function isolationsOf(
  { scenario }: BenchRequest,
  measured: Measured,
  historyDir: string,
): Promise<readonly Isolation[]> {
  const { flood } = measured;
  const deeds = deedsToPools(measured.faults.windows, flood, scenario.flood?.kind).filter(
    ({ other }) => other === 'chat' || scenario.http.perSec > 0,
  );
  const found: Isolation[] = [];
  for (const { cause, other, windows, beside } of deeds) {
    const latency = createWindowLatency(isolationSpans(scenario, windows, beside.map(spanOf)));
    await visitHistory(historyDir, latency.note);
    found.push({
      ...{ cause, other, windows },
      flood:
        flood === null
          ? null
          : {
              ...{ asked: flood.asked, ratePerSec: flood.ratePerSec },
              ...{ errors: flood.errors, p95Ms: flood.p95Ms },
            },
      ...latency.close(),
    });
  }
  return found;
}

/** The isolations' rows join the thresholds, by the same rules: a fail of one is a fail, a lack of data no pass. */
export function withIsolations(
  judged: Judgement,
  thresholds: BenchRequest['thresholds'],
  isolations: readonly Isolation[],
): Judgement {
  const { invalid, unproved } = judged;
  const added = isolations
    .map((isolation) => judgeIsolation(isolation, thresholds))
    .map((row) =>
      row.verdict === 'fail' && invalid !== undefined
        ? {
            ...row,
            verdict: 'no-data' as const,
            why: `${row.why}; but the run is not valid: ${invalid}`,
          }
        : withoutPass(row, unproved),
    );
  const rows = [...judged.thresholds, ...added];
  const has = (verdict: Judgement['verdict']): boolean =>
    added.some((row) => row.verdict === verdict);
  if (has('fail') && judged.verdict !== 'fail') {
    return { ...judged, thresholds: rows, verdict: 'fail', exitCode: exitCode.failed };
  }
  if (has('no-data') && judged.verdict === 'pass') {
    return { ...judged, thresholds: rows, verdict: 'no-data', exitCode: exitCode.noVerdict };
  }
  return { ...judged, thresholds: rows };
}
