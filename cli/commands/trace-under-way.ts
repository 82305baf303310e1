/** What is known by now about an id of the run that is under way: its users' records, and the logs of what is up. */
import { join } from 'node:path';

import { parseMessageId } from '../samples/history.ts';
import type { KeptSince } from '../system/kept-logs.ts';
import { stateFolder } from '../system/state-folder.ts';
import { composeTrace } from '../trace/compose-trace.ts';
import { accessLogService, linesOf } from '../trace/log-search.ts';
import type { LogText } from '../trace/log-search.ts';
import { parseLogLine } from '../trace/log-line.ts';
import { noGaps } from '../trace/trace-gaps.ts';
import type { TraceInput } from '../trace/trace-input.ts';
import type { World } from '../world.ts';
import { readRunStart } from './run-start.ts';
import type { RunUnderWay } from './run-under-way.ts';
import { readNotedByRun } from './trace-events.ts';
import { oddFiles, runFolders } from './trace-files.ts';
import { readUsersRecords } from './trace-history.ts';
import type { UsersRecords } from './trace-history.ts';
import { liveInput, traceLive } from './trace-live.ts';
import type { LiveTrace } from './trace-live.ts';

export type TracedUnderWay = LiveTrace & {
  /** What was looked at: "users' records up to 20:41:07 UTC". */
  readonly looked: string;
};

/** Looks at what is there of the run by now; of one that loads another system, at its users only. */
export async function traceUnderWay(
  world: World,
  id: string,
  run: RunUnderWay,
): Promise<TracedUnderWay> {
  const servers = run.loadsWhatIsUp
    ? 'the logs of what is up'
    : 'no logs, for its system was not started by rtops (--url)';
  const dir = run.id === null ? undefined : join(stateFolder(world.cwd).runsDir, run.id);
  if (dir !== undefined) await oddFiles(world, runFolders(dir), dir);
  const start = dir === undefined ? undefined : readRunStart(dir);
  const users =
    dir === undefined || start === undefined
      ? undefined
      : await readUsersRecords(join(dir, 'history'), id);
  if (start === undefined) {
    const looked = `${servers}; what users saw is told when it has ended`;
    return run.loadsWhatIsUp
      ? { ...(await traceLive(world, id, run.id)), looked }
      : { found: undefined, input: nothingOf(id, run.id), looked };
  }
  const of = run.loadsWhatIsUp ? await liveInput(world, id, run.id) : nothingOf(id, run.id);
  const input: TraceInput = {
    ...of,
    underWay: true,
    start: { wallMs: start.startedAtMs, us: start.startedAtUs },
    history: users?.history,
    faults: dir === undefined ? [] : (await readNotedByRun(dir)).faults,
    // Ids of messages and names of users begin anew with each run; what is up may have seen several.
    logs:
      parseMessageId(id) === undefined
        ? of.logs
        : of.logs.map((log) => logBetween(log, start, Infinity)),
  };
  const looked = [...(users === undefined ? [] : [recordsOf(users, start)]), servers].join('; ');
  return { input, found: composeTrace(input), looked };
}

/** Until when there are records: "users' records up to 20:41:07 UTC, 12.3 s from its start". */
export function recordsOf({ untilUs }: UsersRecords, { startedAtMs }: KeptSince): string {
  if (untilUs === 0) return 'its users have written nothing down yet';
  const time = new Date(startedAtMs + untilUs / 1000).toISOString().slice(11, 19);
  return `users' records up to ${time} UTC, ${(untilUs / 1_000_000).toFixed(1)} s from its start`;
}

/** What a server wrote from the start on. @param untilUs CLOCK_MONOTONIC, as the start */
export function logBetween(
  { service, text }: LogText,
  { startedAtUs }: KeptSince,
  untilUs: number,
): LogText {
  if (service === accessLogService) return { service, text };
  let from: number | undefined;
  let at = 0;
  for (const line of linesOf(text)) {
    const us = parseLogLine(service, line)?.us;
    if (us !== undefined && us >= startedAtUs) from ??= at;
    if (from !== undefined && us !== undefined && us > untilUs) break;
    at += line.length + 1;
  }
  return { service, text: from === undefined ? '' : text.slice(from, at) };
}

/** Of a system of somebody else nothing is known here. */
function nothingOf(id: string, runId: string | null): TraceInput {
  return {
    ...{ id, runId, underWay: true, history: undefined, logs: [] },
    start: { wallMs: 0, us: undefined },
    ...{ ownSystem: false, traceSample: undefined, messagePath: undefined },
    ...{ hasRedis: false, hasProxy: false, hasAccessLog: false },
    ...{ gaps: noGaps, faults: [] },
  };
}
