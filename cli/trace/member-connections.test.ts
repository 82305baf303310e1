/** Connections are logged of all: a message that is not followed has those of its members. */
import { describe, expect, test } from 'vitest';

import { recordKind } from '../samples/history.ts';
import {
  access,
  inputOf,
  line,
  logOf,
  record,
  records,
  stepsOf,
  traceOf,
} from './testing/traced-message.ts';

const opened = (us: number, user: string, n: number): string =>
  line(us, 'connection opened', {
    connId: `c-${n}`,
    reqId: `req-${n}`,
    socketId: `s-${n}`,
    user,
    transport: 'websocket',
  });
const closed = (us: number, user: string, n: number): string =>
  line(us, 'connection closed', {
    connId: `c-${n}`,
    reqId: `req-${n}`,
    user,
    reason: 'transport close',
  });

const connections = (steps: readonly string[]): string[] =>
  steps.filter((step) => step.includes('connection'));

describe('a message that is not followed', () => {
  test('shows the node of its sender and of each recipient, and how they came and went', () => {
    const logs = [
      logOf('ws-1', [
        // Of the time before: long gone.
        opened(-900_000, 'u12', 1),
        closed(-600_000, 'u12', 1),
        opened(-500_000, 'u12', 2),
        opened(-400_000, 'u6', 3),
        closed(9000, 'u6', 3),
        opened(-400_000, 'u77', 4),
        closed(12_250, 'u12', 2),
        // When all had it.
        closed(50_000_000, 'u5', 5),
      ]),
      logOf('ws-2', [opened(-300_000, 'u5', 5), opened(11_000, 'u6', 6)]),
    ];
    expect(connections(stepsOf(inputOf({ logs })))).toEqual([
      'ws-1: connection c-2 opened for u12 over websocket, socket s-2',
      'ws-1: connection c-3 opened for u6 over websocket, socket s-3',
      'ws-2: connection c-5 opened for u5 over websocket, socket s-5',
      'ws-1: connection closed: transport close (u6 on c-3)',
      'ws-2: connection c-6 opened for u6 over websocket, socket s-6',
      'ws-1: connection closed: transport close (u12 on c-2)',
    ]);
  });

  test('shows what nginx kept of those connections', () => {
    const ended = access({ request_id: 'req-2', status: '101', request_time: '0.700' });
    const logs = [logOf('ws-1', [opened(-100_000, 'u12', 2)]), logOf('nginx-access', [ended])];
    const steps = stepsOf(inputOf({ logs, hasAccessLog: true }));
    expect(steps[0]).toMatch(/^nginx: GET .*upgraded by/);
    // It ended after the message: another story.
    expect(steps.filter((step) => step.startsWith('nginx'))).toHaveLength(1);
  });

  test('of many recipients shows who was last and who moved, and counts the rest', () => {
    const users = Array.from({ length: 30 }, (_, i) => 100 + i);
    const history = [
      ...records,
      ...users.flatMap((user) => [
        record(recordKind.joined, { user, n: 0, atUs: -500_000 }),
        record(recordKind.delivered, { user, peer: 12, value: 7, atUs: 20_000 + user }),
      ]),
    ];
    const logs = [
      logOf('ws-1', [
        opened(-300_000, 'u12', 12),
        ...users.map((user) => opened(-200_000, `u${user}`, user)),
        closed(15_000, 'u103', 103),
      ]),
    ];
    const trace = traceOf(inputOf({ logs }, history));
    expect(connections(stepsOf(inputOf({ logs }, history)))).toEqual([
      expect.stringContaining('opened for u12'),
      expect.stringContaining('opened for u103'),
      expect.stringContaining('opened for u129'),
      expect.stringContaining('connection closed: transport close (u103 on c-103)'),
    ]);
    // u5 and u6 left no line at all.
    expect(trace.notes).toContain(
      'connections of 28 members that stood unmoved meanwhile are not shown',
    );
  });
});
