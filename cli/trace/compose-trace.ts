/** From the lines and records about an id to its ordered timelines, and what could not be told. */
import { parseMessageId, roomName } from '../samples/history.ts';
import { connectionTrace, requestTrace } from './connection-trace.ts';
import { searchLogs } from './log-search.ts';
import type { Found, LogText } from './log-search.ts';
import type { LogLine } from './log-line.ts';
import { messageTrace } from './message-trace.ts';
import type { Trace } from './trace.ts';
import type { TraceInput } from './trace-input.ts';

/** `undefined`: nobody has seen this id. */
export function composeTrace(input: TraceInput): Trace | undefined {
  const { id, logs, history } = input;
  const all = searchLogs(logs, new Set([id]));
  const direct = { ...all, lines: all.lines.filter((line) => isOfRun(input, line)) };
  const ofMessage = direct.lines.filter((line) => line.text.msgId === id);
  if (ofMessage.length > 0 || history?.met === true) return messageTrace(input, ofMessage);
  const connIds = new Set(
    direct.lines.flatMap(({ text: { connId } }) => (connId === undefined ? [] : [connId])),
  );
  const around = withHandshakes(logs, direct, new Set([id, ...connIds]));
  const found = { ...around, lines: around.lines.filter((line) => isOfRun(input, line)) };
  if (found.lines.length === 0 && found.access.length === 0) return undefined;
  return connIds.size > 0 ? connectionTrace(input, found) : requestTrace(input, found);
}

/** Rooms of two runs never meet; an id of the engine may have been in the run before. */
export function isOfRun({ id, runId }: Pick<TraceInput, 'id' | 'runId'>, line: LogLine): boolean {
  const key = parseMessageId(id);
  const { room, msgId } = line.text;
  if (key === undefined || msgId !== id) return true;
  // Another client may write its ids as the engine does.
  const isEngines = /^\d{8}-\d{6}-[0-9a-f]{4}-r\d+$/.test(room ?? '');
  return runId === null || room === undefined || !isEngines || room === roomName(runId, key.room);
}

function withHandshakes(logs: readonly LogText[], direct: Found, ids: ReadonlySet<string>): Found {
  const reqIds = direct.lines.flatMap(({ text: { reqId } }) =>
    reqId === undefined ? [] : [reqId],
  );
  return searchLogs(logs, new Set([...ids, ...reqIds]));
}
