/** A connection: why it ended, also where its server could not say so. */
import { describe, expect, test } from 'vitest';

import {
  access,
  conn,
  inputOf,
  line,
  logOf,
  startMs,
  stepsOf,
  traceOf,
} from './testing/traced-message.ts';
import type { TracedFault } from './fault-steps.ts';
import type { TraceInput } from './trace-input.ts';

const opened = line(1_000_000, 'connection opened', { ...conn, transport: 'websocket' });
const closed = line(5_000_000, 'connection closed', { ...conn, reason: 'transport close' });
/** nginx saw it end at 20,017 ms. */
const ended = access({
  ...{ request_id: 'req-1', status: '101', path: '/socket.io/', request_time: '19.020' },
  ...{ time: ((startMs + 20_017) / 1000).toFixed(3), upstream_status: '101' },
  upstream: '127.0.0.1:3002',
});
const kill: TracedFault = { kind: 'kill', node: 'ws-2', at: 20_008, until: 25_000 };

type Parts = { readonly ws2: readonly string[]; readonly nginx?: readonly string[] };

function input({ ws2, nginx }: Parts, over: Partial<TraceInput> = {}): TraceInput {
  const logs = [logOf('ws-2', ws2), ...(nginx ? [logOf('nginx-access', nginx)] : [])];
  const has = { hasProxy: nginx !== undefined, hasAccessLog: nginx !== undefined };
  return inputOf({ id: 'c-1', logs, history: undefined, faults: [kill], ...has, ...over });
}

const notesOf = (of: TraceInput): string => traceOf(of).notes.join('\n');

describe('on a node that was killed', () => {
  test('its timeline has the kill, and it is said why the server wrote no end', () => {
    const of = input({ ws2: [opened], nginx: [ended] });
    expect(stepsOf(of)).toEqual([
      expect.stringMatching(/^nginx: GET .* for u12 \(c-1\); upgraded by ws-2 \(101\)/),
      'ws-2: connection c-1 opened for u12 over websocket, socket s-1',
      'fault: kill@ws-2 begins',
      'nginx: WebSocket of u12 (c-1) ended after 19.0 s',
    ]);
    expect(notesOf(of)).toContain(
      'ws-2 logged no end of this connection: kill@ws-2 ended it at 20008 ms, and a server that is killed writes no farewell',
    );
  });

  test('so it is without nginx, and what comes after that is another story', () => {
    const later: TracedFault = { kind: 'pause', node: 'ws-2', at: 40_000, until: 41_000 };
    const of = input({ ws2: [opened] }, { faults: [kill, later] });
    expect(stepsOf(of).slice(1)).toEqual(['fault: kill@ws-2 begins']);
    expect(notesOf(of)).toContain('writes no farewell');
  });

  test('one that had ended before has neither', () => {
    const of = input({ ws2: [opened, closed] });
    expect(stepsOf(of).join('\n')).not.toContain('fault');
    expect(notesOf(of)).not.toContain('no end');
  });
});

test('faults of what it goes over are shown, and of what it does not are not', () => {
  const at = { at: 2000, until: 3000 };
  const faults = ['client-nginx', 'nginx-ws-2', 'nginx', 'nginx-ws-1', 'ws-2-redis', 'redis'].map(
    (node): TracedFault => ({ kind: 'latency', node, ...at }),
  );
  const steps = stepsOf(input({ ws2: [opened, closed] }, { faults }));
  expect(steps.filter((step) => step.endsWith('begins'))).toEqual([
    'fault: latency@client-nginx begins',
    'fault: latency@nginx-ws-2 begins',
    'fault: latency@nginx begins',
  ]);
});

test('a server that ended by itself and began anew is named', () => {
  const anew = line(23_000_000, 'listening', { port: 3002 });
  const of = input({ ws2: [opened, anew] }, { faults: [] });
  expect(notesOf(of)).toContain('it ended before it could, and began anew at 23000 ms');
});

test('no end is missed in a run under way, or in the logs of what is up', () => {
  for (const over of [{ underWay: true }, { runId: null }]) {
    expect(notesOf(input({ ws2: [opened] }, { ...over, faults: [] }))).not.toContain('no end');
  }
  expect(notesOf(input({ ws2: [opened] }, { faults: [] }))).toContain('was open when the log ends');
});

test('the heading says what the id is', () => {
  const title = (id: string): string | undefined =>
    traceOf(input({ ws2: [opened, closed] }, { id })).timelines[0]?.title;
  expect(title('c-1')).toBe('connection c-1 of u12');
  expect(title('s-1')).toBe('socket s-1, on connection c-1 of u12');
  expect(title('req-1')).toBe('request req-1, which opened connection c-1 of u12');
});
