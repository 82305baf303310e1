/** One message of the engine as two nodes, its users and nginx wrote it down; tests change what they are about. */
import { recordKind } from '../../samples/history.ts';
import type { HistoryRecord } from '../../samples/history.ts';
import { composeTrace } from '../compose-trace.ts';
import type { TraceInput } from '../trace-input.ts';
import type { LogText } from '../log-search.ts';
import { createMessageHistory } from '../message-history.ts';
import type { Trace } from '../trace.ts';
import { noGaps } from '../trace-gaps.ts';

export const runId = '20261121-143000-ab12';
export const room = `${runId}-r3`;
export const startMs = 1_800_000_000_000;
const startUs = 5_000_000_000;
export const conn = { reqId: 'req-1', connId: 'c-1', socketId: 's-1', user: 'u12' };

/** A server's line, `us` µs after run start; the wall clock `skewMs` off. */
export function line(us: number, msg: string, fields: object, skewMs = 0): string {
  const time = startMs + us / 1000 + skewMs;
  return JSON.stringify({ level: 'info', time, us: startUs + us, ...fields, msg });
}

export const ofMessage = { msgId: '12.3.4', room };
export const ws1 = [
  line(-900_000, 'connection opened', { ...conn, transport: 'websocket' }),
  line(10_400, 'message taken', { ...conn, ...ofMessage }),
  line(11_400, 'message stored', { ...conn, ...ofMessage, seq: 7, tookMs: 1 }),
  line(11_500, 'message acked', { ...conn, ...ofMessage, seq: 7, tookMs: 1.1 }),
  line(11_900, 'message emitted', { ...ofMessage, user: 'u12', seq: 7, members: 1 }),
];
export const ws2 = [
  line(11_600, 'message arrived', { ...ofMessage, user: 'u12', seq: 7 }),
  line(11_700, 'message emitted', { ...ofMessage, user: 'u12', seq: 7, members: 2 }),
];

export function record(kind: number, fields: Partial<HistoryRecord>): HistoryRecord {
  return { kind, code: 0, user: 12, room: 3, peer: 0, n: 4, value: 0, atUs: 0, ...fields };
}
const joined = (user: number): HistoryRecord =>
  record(recordKind.joined, { user, n: 0, atUs: -500_000 });
const delivered = (user: number, atUs: number): HistoryRecord =>
  record(recordKind.delivered, { user, peer: 12, value: 7, atUs });
export const records = [
  ...[joined(12), joined(5), joined(6)],
  record(recordKind.sent, { atUs: 10_000, value: 200 }),
  record(recordKind.acked, { atUs: 12_000, value: 7 }),
  ...[delivered(12, 12_300), delivered(5, 12_200)],
  // Another message, another room.
  record(recordKind.sent, { n: 5, atUs: 90_000 }),
  record(recordKind.sent, { room: 4, atUs: 10_000 }),
];

export function inputOf(over: Partial<TraceInput> = {}, history = records): TraceInput {
  const messages = createMessageHistory({ sender: 12, room: 3, n: 4 });
  for (const one of history) messages.note(one);
  return {
    ...{ id: '12.3.4', runId, start: { wallMs: startMs, us: startUs } },
    ...{ ownSystem: true, traceSample: 0.01, messagePath: 'log', hasRedis: true, hasProxy: true },
    ...{ underWay: false, hasAccessLog: false, gaps: noGaps },
    logs: [logOf('ws-1', ws1), logOf('ws-2', ws2)],
    history: messages,
    faults: [],
    ...over,
  };
}

export function logOf(service: string, lines: readonly string[]): LogText {
  return { service, text: lines.map((one) => `${one}\n`).join('') };
}

export const stepsOf = (input: TraceInput): string[] =>
  (composeTrace(input)?.timelines[0]?.steps ?? []).map(({ where, what }) => `${where}: ${what}`);

/** A line of nginx's access log. */
export const access = (fields: object): string =>
  JSON.stringify({
    ...{ time: ((startMs + 500) / 1000).toFixed(3), request_id: 'req-9', method: 'GET' },
    ...{ path: '/api/v1/rooms', status: '200', request_time: '0.031' },
    ...{ upstream: '127.0.0.1:3001, 127.0.0.1:3002', upstream_status: '502, 200' },
    ...{ upstream_header_time: '-, 0.027', ...fields },
  });

/** A trace that must be there. */
export function traceOf(input: TraceInput): Trace {
  const trace = composeTrace(input);
  if (trace === undefined) throw new Error(`nobody has seen ${input.id}`);
  return trace;
}
