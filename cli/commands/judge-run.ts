/** From what a run measured to its verdict: the faults' impact, the isolation, the thresholds. */
import { exitCode } from '../exit-code.ts';
import { visitHistory } from '../load/history-files.ts';
import type { HostFacts } from '../report/report.ts';
import type { FaultWindow } from '../samples/fault-window.ts';
import { createWindowLatency } from '../samples/window-latency.ts';
import type { Isolation, Span } from '../samples/window-latency.ts';
import { steadySpan } from '../scenario/flood-scenario.ts';
import type { Topology } from '../topology/topology.ts';
import { judgeIsolation } from '../verdict/judge-isolation.ts';
import { judge } from '../verdict/judge.ts';
import type { Judgement } from '../verdict/judge.ts';
import type { BenchRequest } from './bench-request.ts';
import type { BenchTarget } from './bench-target.ts';
import type { Measured } from './measure.ts';
import type { Run } from './open-run.ts';
import { isLoopback } from './probe-url.ts';

export type Judged = {
  readonly judgement: Judgement;
  readonly isolation: Isolation | null;
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
  const isolation = await isolationOf(asked, measured, run.historyDir);
  const judged = judge(measured.summary, asked.thresholds, {
    cores: host.cores,
    loopback: isLoopback(new URL(target.target.url).hostname),
  });
  const apart = poolsApart(target.system?.topology);
  return {
    judgement: withIsolation(judged, asked, apart ? isolation : null),
    isolation,
  };
}

/** Whether API and chat are processes of their own, so that one can be shielded from the other. */
export function poolsApart(topology: Topology | null | undefined): boolean {
  return topology !== undefined && topology !== null && topology.all === null;
}

/** After a fault, the other pool's figures are left out for so long on both sides. */
const settleMs = 3000;
const fewestAcks = 100;

/** `null` when nothing was done to one pool alone. */
async function isolationOf(
  { scenario }: BenchRequest,
  { faults, flood }: Measured,
  historyDir: string,
): Promise<Isolation | null> {
  const onApi = faults.windows.filter(({ node, effective }) => effective && isApi(node));
  const cause =
    flood?.text ?? (onApi.map(({ kind, node }) => `${kind}@${node}`).join(', ') || null);
  if (cause === null) return null;
  const inside = flood === null ? onApi.map(spanOf) : [flood.window];
  const others = faults.windows.filter((window) => flood !== null || !isApi(window.node));
  const latency = createWindowLatency({
    within: steadySpan(scenario),
    inside,
    except: others.map(spanOf).map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + settleMs })),
  });
  await visitHistory(historyDir, latency.note);
  const seen = latency.close();
  // A fault so short, or so near to others, was not done to learn of isolation; a flood was.
  if (flood === null && seen.inside.acks < fewestAcks) return null;
  return {
    cause,
    windows: inside,
    flood:
      flood === null
        ? null
        : {
            ...{ asked: flood.asked, ratePerSec: flood.ratePerSec },
            ...{ errors: flood.errors, p95Ms: flood.p95Ms },
          },
    ...seen,
  };
}

function isApi(node: string): boolean {
  return /^api-\d+$/.test(node);
}

function spanOf({ atMs, untilMs }: FaultWindow): Span {
  return { fromMs: atMs, toMs: untilMs };
}

/** The isolation's row joins the thresholds; a fail of it is a fail, a lack of data no pass. */
export function withIsolation(
  judged: Judgement,
  { thresholds, scenario }: Pick<BenchRequest, 'thresholds' | 'scenario'>,
  isolation: Isolation | null,
): Judgement {
  if (isolation === null) return judged;
  const row = judgeIsolation(
    isolation,
    thresholds,
    scenario.flood?.kind === 'chat' ? 'http' : 'chat',
  );
  const rows = [...judged.thresholds, row];
  if (row.verdict === 'fail' && judged.verdict !== 'fail') {
    return { ...judged, thresholds: rows, verdict: 'fail', exitCode: exitCode.failed };
  }
  if (row.verdict === 'no-data' && judged.verdict === 'pass') {
    return { ...judged, thresholds: rows, verdict: 'no-data', exitCode: exitCode.noVerdict };
  }
  return { ...judged, thresholds: rows };
}
