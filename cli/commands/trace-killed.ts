/** What is left of a run whose rtops was killed: its users' records, and the logs of its system. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

import { historyGaps } from '../load/history-gaps.ts';
import { parseMessageId } from '../samples/history.ts';
import { readKeptLogs, readLogs } from '../system/kept-logs.ts';
import type { KeptLogs } from '../system/kept-logs.ts';
import { serviceLog } from '../system/service-log.ts';
import { stateFolder } from '../system/state-folder.ts';
import { composeTrace } from '../trace/compose-trace.ts';
import { accessLogService } from '../trace/log-search.ts';
import type { LogText } from '../trace/log-search.ts';
import { noGaps } from '../trace/trace-gaps.ts';
import type { Trace } from '../trace/trace.ts';
import type { TraceInput } from '../trace/trace-input.ts';
import type { World } from '../world.ts';
import { readRunStart } from './run-start.ts';
import type { KilledRun } from './run-under-way.ts';
import { readNotedByRun } from './trace-events.ts';
import { oddFiles, readableLogs, runFolders } from './trace-files.ts';
import { historyState, readUsersRecords } from './trace-history.ts';
import { tracedLogs } from './trace-live.ts';
import { logBetween, recordsOf } from './trace-under-way.ts';

export type TracedKilled = {
  readonly found: Trace | undefined;
  readonly input: TraceInput;
  /** What was looked at. */
  readonly looked: string;
};

/** Servers outlive their rtops, and close the connections of its users, for at most this long. */
const endingMs = 10_000;

/** Looks through the folder, and through the system's logs where the run came not to keep them. */
export async function traceKilled(
  world: World,
  id: string,
  { id: name, dir, lastWriteMs }: KilledRun,
): Promise<TracedKilled> {
  const odd = await oddFiles(world, runFolders(dir), dir);
  const start = readRunStart(dir);
  const noted = await readNotedByRun(dir);
  const users = await readUsersRecords(join(dir, 'history'), id);
  const kept = await readKeptLogs(dir);
  const ownSystem = existsSync(join(dir, 'topology.yaml'));
  const wiring = await readWiring(dir);
  const startMs = start?.startedAtMs ?? lastWriteMs;
  const found = !ownSystem
    ? []
    : kept?.since === undefined
      ? await systemLogs(world, startMs)
      : logsOf(kept);
  const untilUs = (start?.startedAtUs ?? 0) + (lastWriteMs - startMs + endingMs) * 1000;
  // Names of users and ids of messages begin anew with each run; the system's logs may hold several.
  const logs =
    parseMessageId(id) === undefined || start === undefined
      ? found
      : found.map((log) => logBetween(log, start, untilUs));
  const input: TraceInput = {
    ...{ id, runId: noted.runId ?? basename(name), underWay: false, ownSystem },
    start: { wallMs: startMs, us: start?.startedAtUs },
    traceSample: wiring?.server.traceSample,
    messagePath: wiring?.messagePath,
    hasRedis: wiring?.redis != null,
    hasProxy: wiring?.proxy != null,
    hasAccessLog: wiring?.monitoring === true,
    faults: noted.faults,
    logs: readableLogs(logs, odd).filter(
      ({ service }) => service !== accessLogService || wiring?.monitoring !== false,
    ),
    gaps: {
      ...noGaps,
      odd,
      history: await historyGaps(join(dir, 'history')),
      historyState: start === undefined ? 'whole' : await historyState(join(dir, 'history')),
    },
    history: users?.history,
  };
  const records =
    users === undefined || start === undefined
      ? []
      : [`${recordsOf(users, start)} (what they saw after that was not written)`];
  const servers = ownSystem
    ? 'the logs of its system'
    : 'no logs, for its system was not started by rtops (--url)';
  return { input, found: composeTrace(input), looked: [...records, servers].join('; ') };
}

/** Of the topology that a run writes to its folder, what a trace goes by. */
const wiringSchema = z.object({
  messagePath: z.string(),
  monitoring: z.boolean(),
  proxy: z.unknown(),
  redis: z.unknown(),
  server: z.object({ traceSample: z.number() }),
});

async function readWiring(dir: string): Promise<z.infer<typeof wiringSchema> | undefined> {
  try {
    return wiringSchema.safeParse(parse(await readFile(join(dir, 'topology.yaml'), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function logsOf({ logs }: KeptLogs): readonly LogText[] {
  return tracedLogs(logs);
}

/** With what was put aside since the run began: a system that is started anew does so with a long log. */
async function systemLogs(world: World, startMs: number): Promise<readonly LogText[]> {
  const { logsDir } = stateFolder(world.cwd);
  await oddFiles(world, [logsDir], logsDir);
  const logs = tracedLogs(await readLogs(logsDir));
  return Promise.all(
    logs.map(async ({ service, text }) => {
      const aside = `${serviceLog(logsDir, service)}.1`;
      const asideMs = statSync(aside, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (asideMs < startMs) return { service, text };
      return { service, text: `${await readFile(aside, 'utf8').catch(() => '')}${text}` };
    }),
  );
}
