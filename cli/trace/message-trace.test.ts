/** What belongs to a message's story, and whose nginx's rows are. */
import { expect, test } from 'vitest';

import { recordKind } from '../samples/history.ts';
import {
  access,
  inputOf,
  line,
  logOf,
  record,
  records,
  startMs,
  stepsOf,
  traceOf,
} from './testing/traced-message.ts';
import type { TraceInput } from './trace-input.ts';
import type { LogText } from './log-search.ts';

const opened = (us: number, user: string, n: number): string =>
  line(us, 'connection opened', {
    ...{ connId: `c-${n}`, reqId: `req-${n}`, socketId: `s-${n}` },
    ...{ user, transport: 'websocket' },
  });
const port = { 'ws-1': '127.0.0.1:3001', 'ws-2': '127.0.0.1:3002' };

/** A WebSocket in nginx's access log, which has its line when it has ended. */
const socket = (n: number, node: keyof typeof port, fromMs: number, untilMs: number): string =>
  access({
    ...{ request_id: `req-${n}`, status: '101', path: '/socket.io/' },
    time: ((startMs + untilMs) / 1000).toFixed(3),
    request_time: ((untilMs - fromMs) / 1000).toFixed(3),
    ...{ upstream: port[node], upstream_status: '101', upstream_header_time: '0.004' },
  });

/** u12 and u6 on ws-1, u5 on ws-2, which is killed at 20 s. */
function logs(): readonly LogText[] {
  return [
    logOf('ws-1', [opened(-500_000, 'u12', 1), opened(-300_000, 'u6', 3)]),
    logOf('ws-2', [opened(-400_000, 'u5', 2)]),
    logOf('nginx-access', [
      socket(1, 'ws-1', -500, 60_000),
      socket(2, 'ws-2', -400, 20_017),
      socket(3, 'ws-1', -300, 5000),
    ]),
  ];
}
const kill = { kind: 'kill', node: 'ws-2', at: 20_008, until: 30_000 };
const delivered6 = record(recordKind.delivered, { user: 6, peer: 12, value: 7, atUs: 12_400 });
const stored = record(recordKind.stored, { user: 0, peer: 12, value: 7, atUs: 60_000_000 });

const input = (history = [...records, delivered6, stored]): TraceInput =>
  inputOf({ logs: logs(), faults: [kill], hasAccessLog: true }, history);

test('when all have it the story is over: what befalls them later is none of it', () => {
  const steps = stepsOf(input());
  expect(steps.filter((step) => /^fault|ended after/.test(step))).toEqual([]);
  expect(steps.at(-1)).toBe('the log: in the log at the final read: seq 7');
  // How they came in stays.
  expect(steps.filter((step) => step.includes('came in'))).toHaveLength(3);
});

test('who had not got it yet is told of longer, and of nobody else', () => {
  const steps = stepsOf(input([...records, stored]));
  expect(steps.filter((step) => step.includes('ended after'))).toEqual([
    'nginx: WebSocket of u6 (c-3) ended after 5.3 s',
  ]);
  const soon = { ...kill, at: 6000, until: 7000 };
  expect(stepsOf({ ...input([...records, stored]), faults: [soon] })).toEqual(
    expect.arrayContaining(['fault: kill@ws-2 begins', 'fault: kill@ws-2 ends']),
  );
});

test('who came into the room after it was sent is no part of it', () => {
  const late = record(recordKind.joined, { user: 38, n: 0, atUs: 400_000 });
  const off = record(recordKind.disconnected, { user: 38, atUs: 900_000 });
  const steps = stepsOf({
    ...input([...records, delivered6, late, off, stored]),
    faults: [{ ...kill, at: 880 }],
  });
  expect(steps.filter((step) => /^(u38|fault)/.test(step))).toEqual([]);
});

test('nginx says of each connection whose it is, and which node took it', () => {
  expect(stepsOf(input()).filter((step) => step.startsWith('nginx'))).toEqual([
    'nginx: GET /socket.io/ came in for u12 (c-1); upgraded by ws-1 (101), headers after 4 ms',
    'nginx: GET /socket.io/ came in for u5 (c-2); upgraded by ws-2 (101), headers after 4 ms',
    'nginx: GET /socket.io/ came in for u6 (c-3); upgraded by ws-1 (101), headers after 4 ms',
  ]);
});

test('an address that no line of a server explains stays as it is', () => {
  const without = logs().map((log) => (log.service === 'ws-2' ? { ...log, text: '' } : log));
  const of5 = line(-1000, 'connection closed', { connId: 'c-2', reqId: 'req-2', user: 'u5' });
  const steps = stepsOf({ ...input(), logs: [...without, logOf('ws-2', [of5])] });
  expect(steps.join('\n')).toContain('upgraded by 127.0.0.1:3002 (101)');
});

test('a line that names neither user nor room has a heading that can be read', () => {
  const bare = inputOf({
    ...{ id: 'x-1', history: undefined },
    logs: [logOf('ws-1', [line(1000, 'message arrived', { msgId: 'x-1', seq: 1 })])],
  });
  expect(traceOf(bare).timelines.map(({ title }) => title)).toEqual([
    'message x-1 of an unnamed user in an unnamed room',
  ]);
});
