/** What the folder of a run that has ended holds about an id. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readSeal } from '../load/history-files.ts';
import { historyGaps } from '../load/history-gaps.ts';
import type { Report } from '../report/report.ts';
import { readKeptLogs } from '../system/kept-logs.ts';
import type { KeptLogs } from '../system/kept-logs.ts';
import { accessLogService } from '../trace/log-search.ts';
import { noGaps } from '../trace/trace-gaps.ts';
import type { ListState, ShortFile, TraceGaps } from '../trace/trace-gaps.ts';
import type { TraceInput } from '../trace/trace-input.ts';
import type { World } from '../world.ts';
import { readRunStart } from './run-start.ts';
import { oddFiles, readableLogs, runFolders } from './trace-files.ts';
import { historyState, readUsersRecords } from './trace-history.ts';
import { isTracedLog, tracedLogs } from './trace-live.ts';

/** Reads its logs and its history; what is missing of them is said in `gaps`. */
export async function inputOfRun(
  world: Pick<World, 'cwd'>,
  dir: string,
  report: Report,
  id: string,
): Promise<TraceInput> {
  const odd = await oddFiles(world, runFolders(dir), dir);
  const kept = await readKeptLogs(dir);
  const since = kept?.since ?? readRunStart(dir);
  const { topology, run } = report;
  const hasAccessLog = topology?.monitoring === true;
  return {
    ...{ id, runId: run.id, underWay: false },
    start: {
      wallMs: since?.startedAtMs ?? Date.parse(run.startedAt),
      us: since?.startedAtUs,
    },
    ownSystem: topology !== null,
    traceSample: topology?.server.traceSample,
    messagePath: topology?.messagePath,
    hasRedis: topology?.redis != null,
    hasProxy: topology?.proxy != null,
    hasAccessLog,
    faults: report.faults.filter(({ bit }) => bit),
    // Without monitoring an access log is one that an earlier system left.
    logs: readableLogs(tracedLogs(kept?.logs ?? []), odd).filter(
      ({ service }) => service !== accessLogService || hasAccessLog,
    ),
    gaps: { ...(await gapsOf(dir, report, kept)), odd },
    history: (await readUsersRecords(join(dir, 'history'), id))?.history,
  };
}

async function gapsOf(
  dir: string,
  { topology, services, ledger }: Report,
  kept: KeptLogs | undefined,
): Promise<TraceGaps> {
  const historyDir = join(dir, 'history');
  const history = await historyGaps(historyDir);
  const isSealed = ledger.sent === 0 || (await readSeal(historyDir)) !== undefined;
  const ofUsers = {
    history,
    seal: listState(isSealed, join(historyDir, 'seal.json')),
    historyState: ledger.sent > 0 ? await historyState(historyDir) : ('whole' as const),
  };
  if (topology === null) return { ...noGaps, ...ofUsers };
  if (kept === undefined) return { ...noGaps, ...ofUsers, logsGone: true };
  // Without its index, what ran says what was kept.
  const expected: Readonly<Record<string, number>> =
    kept.since === undefined
      ? Object.fromEntries(
          [
            ...services.map(({ name }) => name),
            ...(topology.proxy === null ? [] : [accessLogService]),
          ].map((name) => [name, 0]),
        )
      : kept.keptBytes;
  const logs = Object.entries(expected).flatMap(([name, keptBytes]): readonly ShortFile[] => {
    const isTraced = isTracedLog(name) && (name !== accessLogService || topology.monitoring);
    if (!isTraced) return [];
    const text = kept.logs.find(({ service }) => service === name)?.text;
    const nowBytes = text === undefined ? undefined : Buffer.byteLength(text);
    return nowBytes === undefined || nowBytes < keptBytes ? [{ name, keptBytes, nowBytes }] : [];
  });
  const index = listState(kept.since !== undefined, join(dir, 'logs', 'index.json'));
  return { ...noGaps, ...ofUsers, logs, index, leftOutBytes: kept.leftOutBytes };
}

function listState(isWhole: boolean, file: string): ListState {
  if (isWhole) return 'whole';
  return existsSync(file) ? 'unreadable' : 'gone';
}
