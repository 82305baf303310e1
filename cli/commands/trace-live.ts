/** What the servers of this folder write now, whichever run it is of, or nobody's at all. */
import { readLogs } from '../system/kept-logs.ts';
import { stateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import { composeTrace, isOfRun } from '../trace/compose-trace.ts';
import { accessLogService, searchLogs } from '../trace/log-search.ts';
import type { LogText } from '../trace/log-search.ts';
import type { Trace } from '../trace/trace.ts';
import type { TraceInput } from '../trace/trace-input.ts';
import { noGaps } from '../trace/trace-gaps.ts';
import type { World } from '../world.ts';
import { oddFiles, readableLogs } from './trace-files.ts';

export type LiveTrace = {
  /** `undefined`: no line tells of it. */
  readonly found: Trace | undefined;
  readonly input: TraceInput;
};

/**
 * Time 0 is the first line found.
 * @param runId whose rooms are meant; `null`: of any run
 */
export async function traceLive(
  world: World,
  id: string,
  runId: string | null,
): Promise<LiveTrace> {
  const input = await liveInput(world, id, runId);
  const found = composeTrace(input);
  return {
    input,
    found: found && { ...found, notes: [...found.notes, 'times count from the first line found'] },
  };
}

/** What is known of the system that is or was up in this folder, and all that its logs hold. */
export async function liveInput(
  world: World,
  id: string,
  runId: string | null,
): Promise<TraceInput> {
  const folder = stateFolder(world.cwd);
  const odd = await oddFiles(world, [folder.logsDir], folder.dir);
  const all = await readLogs(folder.logsDir);
  const logs = readableLogs(tracedLogs(all), odd);
  const { lines, access } = searchLogs(logs, new Set([id]));
  const first = lines
    .filter((line) => isOfRun({ id, runId }, line))
    .toSorted((a, b) => a.timeMs - b.timeMs)[0];
  const topology = readSystemState(folder)?.topology;
  return {
    ...{ id, runId, underWay: false, history: undefined, logs },
    start: { wallMs: first?.timeMs ?? access[0]?.endMs ?? 0, us: first?.us },
    ownSystem: true,
    traceSample: topology?.server.traceSample,
    messagePath: topology?.messagePath,
    hasRedis: all.some(({ service }) => service === 'redis'),
    hasProxy: all.some(({ service }) => service === 'nginx'),
    hasAccessLog: all.some(({ service }) => service === accessLogService),
    gaps: { ...noGaps, odd },
    faults: [],
  };
}

/** The logs that hold lines to trace by: the reference servers' and nginx's access log. */
export function tracedLogs(logs: readonly LogText[]): readonly LogText[] {
  return logs.filter(({ service }) => isTracedLog(service));
}

export function isTracedLog(service: string): boolean {
  return service === accessLogService || /^(server|api|ws)-\d+$/.test(service);
}
