import { describe, expect, test } from 'vitest';

import { recordKind } from '../samples/history.ts';
import { composeTrace } from './compose-trace.ts';
import type { TraceInput } from './trace-input.ts';
import type { LogText } from './log-search.ts';
import { renderTrace } from './render-trace.ts';
import {
  access,
  conn,
  inputOf,
  line,
  logOf,
  ofMessage,
  record,
  records,
  room,
  runId,
  stepsOf,
  traceOf,
  ws1,
  ws2,
} from './testing/traced-message.ts';

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
    // The sender's connection is told of all.
    expect(trace?.timelines[0]?.steps).toHaveLength(6);
    expect(trace?.notes.join('\n')).toMatch(/1 % are followed.*--set server\.traceSample=1/);
    const all = composeTrace(inputOf({ logs: [logOf('ws-1', ws1.slice(0, 1))], traceSample: 1 }));
    expect(all?.notes.join('\n')).toContain(
      'no line of a server about this message was found, though all are followed',
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
    expect(steps.slice(-2)).toEqual(['u6: connected again', 'u6: learnt by a refetch']);
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
    const trace = traceOf(inputOf({ id, logs, history: undefined }));
    expect(trace.timelines.map(({ title, steps }) => [title, steps.length])).toEqual([
      [`message ${id} of anna in tea`, 2],
      [`message ${id} of ben in tea`, 1],
    ]);
    expect(renderTrace(trace, runId)).toContain('2 messages bear this id.');
  });
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
      'nginx: answered 200 by 127.0.0.1:3001 (502), then api-2 (200), headers after 27 ms',
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
    expect(renderTrace(traceOf(again), runId)).toMatch(/500 ±2 +≈0  nginx/);
    // nginx reads the clock once for all that waits: on a busy machine it may be late by more.
    const held = line(506_000, 'request answered', { ...answered, tookMs: 1 });
    const late5 = inputOf({
      ...{ id: 'req-9', history: undefined },
      logs: [logOf('api-2', [held]), logOf('nginx-access', [access({})])],
    });
    expect(stepsOf(late5).map((step) => step.split(':')[0])).toEqual([
      ...['nginx', 'api-2', 'nginx', 'api-2'],
    ]);
    expect(renderTrace(traceOf(late5), runId)).toMatch(/500 ±5 +≈0  nginx/);
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
    expect(notes(inputOf().logs)).not.toMatch(/nginx|--observe/);
    const ended = access({ request_id: 'req-1', status: '101', request_time: '1.400' });
    const closed = [...inputOf().logs, logOf('nginx-access', [ended])];
    expect(notes(closed)).not.toMatch(/nginx has|--observe/);
    expect(stepsOf(inputOf({ id: 'c-1', logs: closed, history: undefined })).at(-1)).toContain(
      'WebSocket of u12 (c-1) ended after 1.4 s',
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
        '1 of 6 lines in the log of ws-1 could not be read',
        'empty: the log of ws-3',
      ]),
    );
    expect(composeTrace(inputOf())?.notes.join('\n')).not.toMatch(
      /left out|could not be read|empty/,
    );
  });
});

test('nobody has seen it: no trace', () => {
  expect(composeTrace(inputOf({ id: 'nothing', history: undefined }))).toBeUndefined();
});
