/** What is known by now about an id of the run that is under way: its users' records, and the logs of what is up. */
import { existsSync } from 'node:fs';
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
    // Ids of messages and names of users begin anew with each run; what is up may have seen several.
    logs: parseMessageId(id) === undefined ? of.logs : of.logs.map((log) => since(log, start)),
  };
  const looked = [...(users === undefined ? [] : [recordsOf(users, start)]), servers].join('; ');
  return { input, found: composeTrace(input), looked };
}

/** Whether a run that does not load what is up loads a system that rtops did not start. */
export function loadsUrl(world: World, { id }: RunUnderWay): boolean {
  if (id === null) return false;
  return !existsSync(join(stateFolder(world.cwd).runsDir, id, 'topology.yaml'));
}

function recordsOf({ untilUs }: UsersRecords, { startedAtMs }: KeptSince): string {
  if (untilUs === 0) return 'its users have written nothing down yet';
  const time = new Date(startedAtMs + untilUs / 1000).toISOString().slice(11, 19);
  return `users' records up to ${time} UTC, ${(untilUs / 1_000_000).toFixed(1)} s from its start`;
}

/** What a server wrote from the start on. */
function since({ service, text }: LogText, { startedAtUs }: KeptSince): LogText {
  if (service === accessLogService) return { service, text };
  let from = 0;
  for (const line of linesOf(text)) {
    const us = parseLogLine(service, line)?.us;
    if (us !== undefined && us >= startedAtUs) break;
    from += line.length + 1;
  }
  return { service, text: text.slice(from) };
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
