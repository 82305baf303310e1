import { describe, expect, test } from 'vitest';

import { recordKind } from '../samples/history.ts';
import type { HistoryRecord } from '../samples/history.ts';
import { composeTrace } from './compose-trace.ts';
import type { TraceInput } from './compose-trace.ts';
import type { LogText } from './log-search.ts';
import { createMessageHistory } from './message-history.ts';
import { noGaps } from './trace-gaps.ts';
import { renderTrace, traceDocument } from './render-trace.ts';

const runId = '20261121-143000-ab12';
const room = `${runId}-r3`;
const startMs = 1_800_000_000_000;
const startUs = 5_000_000_000;
const conn = { reqId: 'req-1', connId: 'c-1', socketId: 's-1', user: 'u12' };

/** A server's line, `us` µs after run start; the wall clock `skewMs` off. */
function line(us: number, msg: string, fields: object, skewMs = 0): string {
  const time = startMs + us / 1000 + skewMs;
  return JSON.stringify({ level: 'info', time, us: startUs + us, ...fields, msg });
}

const ofMessage = { msgId: '12.3.4', room };
const ws1 = [
  line(-900_000, 'connection opened', { ...conn, transport: 'websocket' }),
  line(10_400, 'message taken', { ...conn, ...ofMessage }),
  line(11_400, 'message stored', { ...conn, ...ofMessage, seq: 7, tookMs: 1 }),
  line(11_500, 'message acked', { ...conn, ...ofMessage, seq: 7, tookMs: 1.1 }),
  line(11_900, 'message emitted', { ...ofMessage, user: 'u12', seq: 7, members: 1 }),
];
const ws2 = [
  line(11_600, 'message arrived', { ...ofMessage, user: 'u12', seq: 7 }),
  line(11_700, 'message emitted', { ...ofMessage, user: 'u12', seq: 7, members: 2 }),
];

function record(kind: number, fields: Partial<HistoryRecord>): HistoryRecord {
  return { kind, code: 0, user: 12, room: 3, peer: 0, n: 4, value: 0, atUs: 0, ...fields };
}
const joined = (user: number): HistoryRecord =>
  record(recordKind.joined, { user, n: 0, atUs: -500_000 });
const delivered = (user: number, atUs: number): HistoryRecord =>
  record(recordKind.delivered, { user, peer: 12, value: 7, atUs });
const records = [
  ...[joined(12), joined(5), joined(6)],
  record(recordKind.sent, { atUs: 10_000, value: 200 }),
  record(recordKind.acked, { atUs: 12_000, value: 7 }),
  ...[delivered(12, 12_300), delivered(5, 12_200)],
  // Another message, another room.
  record(recordKind.sent, { n: 5, atUs: 90_000 }),
  record(recordKind.sent, { room: 4, atUs: 10_000 }),
];

function inputOf(over: Partial<TraceInput> = {}, history = records): TraceInput {
  const messages = createMessageHistory({ sender: 12, room: 3, n: 4 });
  for (const one of history) messages.note(one);
  return {
    ...{ id: '12.3.4', runId, start: { wallMs: startMs, us: startUs } },
    ...{ ownSystem: true, traceSample: 0.01, messagePath: 'log', hasRedis: true, hasProxy: true },
    ...{ hasAccessLog: false, gaps: noGaps },
    logs: [logOf('ws-1', ws1), logOf('ws-2', ws2)],
    history: messages,
    faults: [],
    ...over,
  };
}

function logOf(service: string, lines: readonly string[]): LogText {
  return { service, text: lines.map((one) => `${one}\n`).join('') };
}

const stepsOf = (input: TraceInput): string[] =>
  (composeTrace(input)?.timelines[0]?.steps ?? []).map(({ where, what }) => `${where}: ${what}`);

describe('a message of the engine', () => {
  test('goes from its user through both nodes and Redis to its members, in order', () => {
    const trace = composeTrace(inputOf());
    expect(trace).toMatchObject({ kind: 'message', id: '12.3.4' });
    expect(trace?.timelines.map(({ title }) => title)).toEqual([
      `message 12.3.4 of u12 in ${room}`,
    ]);
    expect(stepsOf(inputOf())).toEqual([
      'ws-1: connection c-1 opened for u12 over websocket, socket s-1',
      'u12: due',
      'u12: sent',
      'ws-1: taken from u12 on c-1',
      'redis: answered ws-1: stored as seq 7, published (1 ms after it was taken)',
      'ws-1: ack handed to the socket: seq 7 (1.1 ms after it was taken)',
      'ws-2: arrived: seq 7',
      'ws-2: emitted to 2 members here',
      'ws-1: emitted to 1 member here',
      'u12: ack: seq 7',
      'u5: delivered: seq 7',
      'u12: delivered: seq 7',
    ]);
    expect(trace?.notes).toContain('members without a delivery: u6');
  });

  test('of which the servers said nothing is told from what users saw, and how to see more', () => {
    const trace = composeTrace(inputOf({ logs: [logOf('ws-1', ws1.slice(0, 1))] }));
    expect(trace?.timelines[0]?.steps).toHaveLength(5);
    expect(trace?.notes.join('\n')).toMatch(/1 % are followed.*--set server\.traceSample=1/);
    const all = composeTrace(inputOf({ logs: [logOf('ws-1', ws1.slice(0, 1))], traceSample: 1 }));
    expect(all?.notes.join('\n')).toContain(
      'left no line about this message, though all are followed',
    );
    expect(all?.notes.join('\n')).not.toContain('--set');
    const foreign = composeTrace(inputOf({ logs: [], ownSystem: false }));
    expect(foreign?.notes.join('\n')).toContain('--url');
    const without = composeTrace(inputOf({ logs: [] }));
    expect(without?.notes.join('\n')).toContain('holds no logs');
  });

  test('of another run that bears the same id is left out', () => {
    const other = { ...ofMessage, room: '20261121-120000-ffff-r3' };
    const logs = [logOf('ws-1', [line(10_400, 'message taken', { ...conn, ...other })])];
    expect(stepsOf(inputOf({ logs })).filter((step) => step.startsWith('ws-1'))).toEqual([]);
    expect(composeTrace(inputOf({ logs }, []))).toBeUndefined();
  });

  test('tells what befell the members meanwhile, and what came another way', () => {
    const steps = stepsOf(
      inputOf({}, [
        ...records,
        record(recordKind.disconnected, { user: 6, atUs: 11_000 }),
        record(recordKind.connected, { user: 6, atUs: 2_000_000 }),
        record(recordKind.resumed, { user: 6, atUs: 2_100_000, value: 7 }),
        record(recordKind.resynced, { user: 6, peer: 12, atUs: 2_050_000, value: 7 }),
        record(recordKind.disconnected, { user: 5, atUs: 13_000 }),
        record(recordKind.stored, { user: 0, peer: 12, atUs: 60_000_000, value: 7 }),
        // Somebody who is in another room.
        record(recordKind.disconnected, { user: 99, atUs: 11_000 }),
      ]),
    );
    expect(steps).toContain('u6: thrown off');
    expect(steps).not.toContain('u5: thrown off');
    expect(steps.pop()).toBe('the log: in the log at the final read: seq 7');
    // It has it now: what comes later is another story.
    expect(steps.slice(-2)).toEqual(['u6: connected again', 'u6: learnt by a full refetch']);
    expect(steps.filter((step) => step.includes('u99'))).toEqual([]);
  });
});

test('a fault that was there stands where it began and ended', () => {
  const faults = [
    { kind: 'kill', node: 'ws-2', at: 5, until: 12.05 },
    // Of later: another story.
    { kind: 'pause', node: 'ws-1', at: 60_000, until: 61_000 },
  ];
  const told = (all: TraceInput['faults']) =>
    stepsOf(inputOf({ faults: all })).filter((step) => step.startsWith('fault'));
  expect(told(faults)).toEqual(['fault: kill@ws-2 begins', 'fault: kill@ws-2 ends']);
  expect(stepsOf(inputOf({ faults }))[1]).toBe('fault: kill@ws-2 begins');
  // One that began long before and lasts is there all the same; one that was over is not.
  const long = { kind: 'blackhole', node: 'ws-2', at: -30_000, until: 60_000 };
  expect(told([long])).toEqual(['fault: blackhole@ws-2 begins']);
  expect(told([{ ...long, until: -20_000 }])).toEqual([]);
});

describe('a message of somebody else', () => {
  test('is found by whatever id it bears; several that bear it are told apart', () => {
    const id = 'a"b-1';
    const of = (user: string, where: string): object => ({ ...conn, user, msgId: id, room: where });
    const logs = [
      logOf('ws-1', [
        line(1000, 'message taken', of('anna', 'tea')),
        line(2000, 'message stored', { ...of('anna', 'tea'), seq: 1, tookMs: 1 }),
        line(9000, 'message taken', of('ben', 'tea')),
      ]),
    ];
    const trace = composeTrace(inputOf({ id, logs, history: undefined }));
    expect(trace?.timelines.map(({ title, steps }) => [title, steps.length])).toEqual([
      [`message ${id} of anna in tea`, 2],
      [`message ${id} of ben in tea`, 1],
    ]);
    expect(renderTrace(trace ?? emptyTrace, runId)).toContain('2 messages bear this id.');
  });
});

const access = (fields: object): string =>
  JSON.stringify({
    ...{ time: ((startMs + 500) / 1000).toFixed(3), request_id: 'req-9', method: 'GET' },
    ...{ path: '/api/v1/rooms', status: '200', request_time: '0.031' },
    ...{ upstream: '127.0.0.1:3001, 127.0.0.1:3002', upstream_status: '502, 200' },
    ...{ upstream_header_time: '-, 0.027', ...fields },
  });

describe('a request', () => {
  test('goes from nginx, past the node that failed, to the one that answered', () => {
    const answered = { reqId: 'req-9', method: 'GET', path: '/api/v1/rooms', status: 200 };
    const logs = [
      logOf('nginx-access', [access({ request_id: 'req-8' }), access({})]),
      logOf('api-2', [line(499_000, 'request answered', { ...answered, tookMs: 20.5 })]),
    ];
    const trace = composeTrace(inputOf({ id: 'req-9', logs, history: undefined }));
    expect(trace?.kind).toBe('request');
    expect(stepsOf(inputOf({ id: 'req-9', logs, history: undefined }))).toEqual([
      'nginx: GET /api/v1/rooms came in',
      'api-2: GET /api/v1/rooms came in',
      'api-2: answered 200 after 20.5 ms',
      'nginx: answered 200 by 127.0.0.1:3001 (502), then 127.0.0.1:3002 (200), headers after 27 ms',
    ]);
    expect(trace?.timelines[0]?.steps[0]).toMatchObject({ atUs: 469_000, errorUs: 2000 });
    // The node's line may be written after nginx's: whole ms cannot tell, the cause can.
    const late = line(501_000, 'request answered', { ...answered, tookMs: 20.5 });
    const again = inputOf({
      ...{ id: 'req-9', history: undefined },
      logs: [logOf('api-2', [late]), logOf('nginx-access', [access({})])],
    });
    expect(stepsOf(again).map((step) => step.split(':')[0])).toEqual([
      ...['nginx', 'api-2', 'api-2', 'nginx'],
    ]);
    expect(renderTrace(composeTrace(again) ?? emptyTrace, runId)).toMatch(/500 ±2 +≈0  nginx/);
  });
});

describe('a connection', () => {
  test('is found by its name, its socket or its handshake, with what it sent', () => {
    for (const id of ['c-1', 's-1', 'req-1']) {
      const input = inputOf({ id, history: undefined });
      expect(composeTrace(input)?.kind, id).toBe('connection');
      expect(stepsOf(input), id).toHaveLength(4);
    }
  });

  test('that is open has no line of nginx yet, and says so; one that ended has', () => {
    const open = [...inputOf().logs, logOf('nginx-access', [access({})])];
    const notes = (logs: readonly LogText[], hasAccessLog = true): string =>
      composeTrace(inputOf({ id: 'c-1', logs, hasAccessLog, history: undefined }))?.notes.join(
        '\n',
      ) ?? '';
    expect(notes(open)).toContain('when it ends');
    expect(notes(inputOf().logs, false)).toContain('--observe');
    // It was told to, and what it wrote is gone: nothing follows from that.
    expect(notes(inputOf().logs)).toBe('');
    const ended = access({ request_id: 'req-1', status: '101', request_time: '1.400' });
    const closed = [...inputOf().logs, logOf('nginx-access', [ended])];
    expect(notes(closed)).toBe('');
    expect(stepsOf(inputOf({ id: 'c-1', logs: closed, history: undefined })).at(-1)).toContain(
      'WebSocket ended after 1.4 s',
    );
  });
});

describe('what is damaged', () => {
  test('garbage, a line cut short and an empty log are said, and the rest is told', () => {
    const text = `${ws1.join('\n')}\nnot json\n{"msg":"message acked","msgId":"12.3.4"`;
    const logs = [{ service: 'ws-1', text }, logOf('ws-2', ws2), { service: 'ws-3', text: '' }];
    const trace = composeTrace(inputOf({ logs }));
    expect(trace?.timelines[0]?.steps).toHaveLength(12);
    expect(trace?.notes).toEqual(
      expect.arrayContaining([
        'the log of ws-1 ends inside a line, which was left out',
        '1 line in the log of ws-1 is none that it writes',
        'empty: the log of ws-3',
      ]),
    );
    expect(composeTrace(inputOf())?.notes.join('\n')).not.toMatch(/left out|none that it|empty/);
  });

  test('a wall clock that was set is found out, and orders nothing', () => {
    const skewed = ws1.map((one) => {
      const fields = JSON.parse(one) as { time: number };
      return JSON.stringify({ ...fields, time: fields.time + 3_600_000 });
    });
    const logs = [logOf('ws-1', skewed), logOf('ws-2', ws2)];
    expect(stepsOf(inputOf({ logs }))).toEqual(stepsOf(inputOf()));
    expect(composeTrace(inputOf({ logs }))?.notes.join('\n')).toMatch(
      /moved by (up to )?3600000 ms/,
    );
  });

  test('so is one that was set before the last lines only, and a held-up process is none', () => {
    const moved = (lastLines: number, byMs: number): readonly string[] =>
      ws1.map((one, at) => {
        const fields = JSON.parse(one) as { time: number };
        const skewMs = at < ws1.length - lastLines ? 0 : byMs;
        return JSON.stringify({ ...fields, time: fields.time + skewMs });
      });
    const inputWith = (lastLines: number, byMs: number): TraceInput =>
      inputOf({ logs: [logOf('ws-1', moved(lastLines, byMs)), logOf('ws-2', ws2)] });
    const notes = (input: TraceInput): string => composeTrace(input)?.notes.join('\n') ?? '';
    expect(notes(inputWith(2, 3_600_000))).toContain('moved by up to 3600000 ms within the lines');
    expect(notes(inputWith(2, -3_600_000))).toContain('moved by up to -3600000 ms');
    expect(stepsOf(inputWith(2, 3_600_000))).toEqual(stepsOf(inputOf()));
    expect(notes(inputWith(1, 40))).not.toContain('moved');
    expect(notes(inputWith(5, 0))).not.toContain('moved');
  });

  test('a wall clock that came back is placed by the lines nearest to it', () => {
    // Set an hour ahead before the second line: nginx's line of then bears that hour too.
    const hour = 3_600_000;
    const opened = line(-900_000, 'connection opened', conn);
    const closed = line(
      1_000_000,
      'connection closed',
      { ...conn, reason: 'transport close' },
      hour,
    );
    const ended = access({
      ...{ request_id: 'req-1', status: '101', request_time: '1.900' },
      time: ((startMs + 1000 + hour) / 1000).toFixed(3),
    });
    const logs = [
      logOf('ws-1', [opened, line(5000, 'connection upgraded', conn), closed]),
      logOf('nginx-access', [ended]),
    ];
    const trace = composeTrace(inputOf({ id: 'c-1', logs, history: undefined }));
    const nginx = trace?.timelines[0]?.steps.filter(({ where }) => where === 'nginx') ?? [];
    expect(nginx.map(({ atUs }) => atUs)).toEqual([-900_000, 1_000_000]);
  });

  test('without the start on the servers clock their times are of the wall, and coarse', () => {
    const trace = composeTrace(inputOf({ start: { wallMs: startMs, us: undefined } }));
    const ofServers = trace?.timelines[0]?.steps.filter(({ source }) => source === 'log') ?? [];
    expect(ofServers.every(({ errorUs }) => errorUs === 2000)).toBe(true);
    expect(trace?.notes.join('\n')).toContain('off by up to 2 ms');
  });
});

test('nobody has seen it: no trace', () => {
  expect(composeTrace(inputOf({ id: 'nothing', history: undefined }))).toBeUndefined();
});

const emptyTrace = { id: '', kind: 'message', timelines: [], notes: [] } as const;

describe('what is printed', () => {
  test('has a row a step, with the time since the one before', () => {
    const text = renderTrace(composeTrace(inputOf()) ?? emptyTrace, runId);
    expect(text).toMatch(/^run 20261121-143000-ab12\n/);
    expect(text).toMatch(/^ +10\.400 +0\.200 {2}ws-1 +taken from u12 on c-1$/m);
    expect(text).toMatch(/^ +11\.400 +1\.000 {2}redis +answered ws-1: stored as seq 7/m);
  });

  test('shows a terminal what clients wrote, and does not let it act on it', () => {
    const id = 'x\u001B[2J\u0007';
    const logs = [
      logOf('ws-1', [
        line(1000, 'message taken', { ...conn, user: 'a\nb', msgId: id, room: '\u009Bm' }),
      ]),
    ];
    const trace = composeTrace(inputOf({ id, logs, history: undefined })) ?? emptyTrace;
    const text = renderTrace(trace, runId);
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    expect(text).toContain(String.raw`message x\u001b[2J\u0007 of a\u000ab in \u009bm`);
    expect(text).toContain(String.raw`taken from a\u000ab on c-1`);
  });

  test('as JSON carries every step, its delta and its error', () => {
    expect(traceDocument(composeTrace(inputOf()) ?? emptyTrace, runId)).toMatchObject({
      ...{ schemaVersion: 1, run: runId, id: '12.3.4', kind: 'message' },
      timelines: [
        {
          steps: expect.arrayContaining([
            {
              ...{ atMs: 11.4, deltaMs: 1, plusMinusMs: 0.001, where: 'redis', source: 'log' },
              what: 'answered ws-1: stored as seq 7, published (1 ms after it was taken)',
            },
          ]),
        },
      ],
    });
  });
});
