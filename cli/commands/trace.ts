/** `rtops trace`: what happened to one message, connection or request, step by step. */
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { visitHistory } from '../load/history-files.ts';
import { hasNoHistory, historyGaps } from '../load/history-gaps.ts';
import type { Report } from '../report/report.ts';
import { parseMessageId } from '../samples/history.ts';
import { readKeptLogs, readLogs } from '../system/kept-logs.ts';
import type { KeptLogs } from '../system/kept-logs.ts';
import { stateFolder } from '../system/state-folder.ts';
import { composeTrace } from '../trace/compose-trace.ts';
import type { TraceInput } from '../trace/compose-trace.ts';
import { accessLogService, knownIds, searchLogs } from '../trace/log-search.ts';
import type { LogText } from '../trace/log-search.ts';
import { createMessageHistory } from '../trace/message-history.ts';
import type { MessageHistory } from '../trace/message-history.ts';
import { renderTrace, traceDocument } from '../trace/render-trace.ts';
import type { Trace } from '../trace/trace.ts';
import { gapNotes, noGaps } from '../trace/trace-gaps.ts';
import type { ShortFile, TraceGaps } from '../trace/trace-gaps.ts';
import type { World } from '../world.ts';
import { findRunFolder, readReport } from './run-folder.ts';
import { pickFromRun } from './trace-pick.ts';

export type TraceOptions = {
  /** An id, or `slowest` or `lost`: the run's own. */
  readonly id: string;
  /** A folder or a run id; the newest run when left out, then the logs of what is up. */
  readonly run: string | undefined;
  readonly json: boolean;
};

/**
 * Prints the timeline; 0 too when there is nothing to pick (`lost` where nothing was lost).
 * @throws Failure usage (2) for an id that nobody has seen; badFile (104) when what the run itself
 *   names is not in its files any more
 */
export async function trace(world: World, options: TraceOptions): Promise<ExitCode> {
  const dir = await runFolder(world, options);
  if (dir === undefined) return printed(world, options, await traceLive(world, options.id));
  const report = await readReport(dir);
  const picked = await pickFromRun(options.id, report, join(dir, 'history'));
  if (picked.kind === 'none') {
    if (options.json) {
      world.stdout.write(
        `${JSON.stringify({ schemaVersion: 1, run: report.run.id, id: options.id, kind: null, timelines: [], notes: [picked.why] })}\n`,
      );
    } else world.stdout.write(`${picked.why}\n`);
    return exitCode.pass;
  }
  const input = await inputOf(dir, report, picked.id);
  const found = composeTrace(input);
  if (found !== undefined) {
    const notes = [...picked.notes, ...found.notes, ...exceptionNotes(report, picked.id)];
    return printed(world, options, { trace: { ...found, notes }, runId: report.run.id });
  }
  if (options.run === undefined) {
    // Not of the newest run: of somebody who is connected now, perhaps.
    const live = await traceLive(world, picked.id).catch(() => undefined);
    if (live !== undefined) return printed(world, options, live);
  }
  throw picked.id === options.id
    ? unknownId(picked.id, `run ${report.run.id}`, input)
    : pickGone(options.id, picked.id, report.run.id, input);
}

type Traced = { readonly trace: Trace; readonly runId: string };

function printed(world: World, { json }: TraceOptions, { trace: found, runId }: Traced): ExitCode {
  world.stdout.write(
    json ? `${JSON.stringify(traceDocument(found, runId), null, 2)}\n` : renderTrace(found, runId),
  );
  return exitCode.pass;
}

/** `undefined`: no run was asked for, and there is none. */
async function runFolder(
  world: World,
  { id, run }: Pick<TraceOptions, 'id' | 'run'>,
): Promise<string | undefined> {
  try {
    return await findRunFolder(world, run);
  } catch (error) {
    const needsRun = run !== undefined || id === 'slowest' || id === 'lost';
    if (needsRun || !(error instanceof Failure)) throw error;
    return undefined;
  }
}

async function inputOf(dir: string, report: Report, id: string): Promise<TraceInput> {
  const kept = await readKeptLogs(dir);
  const { topology, run } = report;
  const hasAccessLog = topology?.monitoring === true;
  return {
    ...{ id, runId: run.id },
    start: {
      wallMs: kept?.since?.startedAtMs ?? Date.parse(run.startedAt),
      us: kept?.since?.startedAtUs,
    },
    ownSystem: topology !== null,
    traceSample: topology?.server.traceSample,
    messagePath: topology?.messagePath,
    hasRedis: topology?.redis != null,
    hasProxy: topology?.proxy != null,
    hasAccessLog,
    faults: report.faults.filter(({ bit }) => bit),
    // Without monitoring an access log is one that an earlier system left.
    logs: traced(kept?.logs ?? []).filter(
      ({ service }) => service !== accessLogService || hasAccessLog,
    ),
    gaps: await gapsOf(dir, report, kept),
    history: await historyOf(join(dir, 'history'), id),
  };
}

async function gapsOf(
  dir: string,
  { topology, services, ledger }: Report,
  kept: KeptLogs | undefined,
): Promise<TraceGaps> {
  const historyDir = join(dir, 'history');
  const history = await historyGaps(historyDir);
  const ofUsers = { history, historyGone: ledger.sent > 0 && (await hasNoHistory(historyDir)) };
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
  return { ...ofUsers, logsGone: false, logs, leftOutBytes: kept.leftOutBytes };
}

/** The message's records, when the id is one that the engine could have given. */
async function historyOf(dir: string, id: string): Promise<MessageHistory | undefined> {
  const key = parseMessageId(id);
  if (key === undefined) return undefined;
  const history = createMessageHistory(key);
  try {
    await visitHistory(dir, history.note);
  } catch {
    // A run folder without its history: the logs may still know the message.
    return undefined;
  }
  return history;
}

/** What the servers of this folder write now, outside of any run. Time 0 is the first line found. */
async function traceLive(world: World, id: string): Promise<Traced> {
  const all = await readLogs(stateFolder(world.cwd).logsDir);
  const logs = traced(all);
  const { lines, access } = searchLogs(logs, new Set([id]));
  const first = lines.toSorted((a, b) => a.timeMs - b.timeMs)[0];
  const wallMs = first?.timeMs ?? access[0]?.endMs ?? 0;
  const input: TraceInput = {
    ...{ id, runId: '', history: undefined, logs },
    start: { wallMs, us: first?.us },
    ...{ ownSystem: true, traceSample: undefined, messagePath: undefined },
    hasRedis: all.some(({ service }) => service === 'redis'),
    hasProxy: all.some(({ service }) => service === 'nginx'),
    hasAccessLog: all.some(({ service }) => service === accessLogService),
    gaps: noGaps,
    faults: [],
  };
  const found = composeTrace(input);
  if (found === undefined) throw unknownId(id, 'the logs of this folder', input);
  return { trace: found, runId: 'none: these are the logs of what is or was up here' };
}

/** The logs that hold lines to trace by: the reference servers' and nginx's access log. */
function traced(logs: readonly LogText[]): readonly LogText[] {
  return logs.filter(({ service }) => isTracedLog(service));
}

function isTracedLog(service: string): boolean {
  return service === accessLogService || /^(server|api|ws)-\d+$/.test(service);
}

/** What the ledger has against the message. */
function exceptionNotes(report: Report, id: string): readonly string[] {
  return report.ledger.exceptions
    .filter((one) => one.id === id)
    .map(
      ({ class: what, recipient, atMs, fault }) =>
        `the ledger: ${what}${recipient === null ? '' : ` at ${recipient}`}, ${(atMs / 1000).toFixed(3)} s${fault === null ? '' : `, during ${fault}`}`,
    );
}

const shownIds = 3;
const searchedIds = 2000;

/** The run's report names the message, and its files do not hold it: they were whole once. */
function pickGone(asked: string, id: string, runId: string, { gaps }: TraceInput): Failure {
  const notes = gapNotes(gaps);
  return new Failure(exitCode.badFile, `${id}, the ${asked} of run ${runId}, is not in its files`, {
    why:
      notes.length === 0
        ? 'its report names the message; its history and logs do not'
        : 'its report names the message; what would tell of it is damaged',
    evidence: notes,
    next: `rtops verify ${runId}`,
  });
}

function unknownId(id: string, where: string, { logs, history, gaps }: TraceInput): Failure {
  const damage = gapNotes(gaps);
  const known = knownIds(logs, searchedIds);
  const near = nearestName(id, Object.values(known).flat());
  const sample = (name: string, ids: readonly string[]): readonly string[] =>
    ids.length === 0 ? [] : [`${name}: ${ids.slice(0, shownIds).join(', ')}`];
  const sent = history?.sentByThem ?? 0;
  return new Failure(exitCode.usage, `${JSON.stringify(id)} is not in ${where}`, {
    why:
      sent > 0
        ? `that user sent ${sent} messages in that room: the last number is 0 to ${sent - 1}`
        : near === undefined && damage.length > 0
          ? 'it may be in what is not there any more'
          : near === undefined
            ? 'an id is that of a message (the engine’s are sender.room.number), of a request, a connection or a socket; or slowest, or lost'
            : `did you mean ${JSON.stringify(near)}?`,
    evidence: [
      ...damage,
      ...sample('messages in the logs', known.msgId),
      ...sample('requests', known.reqId),
      ...sample('connections', known.connId),
      ...sample('sockets', known.socketId),
    ],
    next: damage.length === 0 ? 'rtops trace slowest' : 'rtops verify',
  });
}
