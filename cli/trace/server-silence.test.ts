/** What a trace says where the servers are silent: the cause it names must be the one that holds. */
import { describe, expect, test } from 'vitest';

import type { LogText } from './log-search.ts';
import {
  conn,
  inputOf,
  line,
  logOf,
  ofMessage,
  traceOf,
  ws1,
  ws2,
} from './testing/traced-message.ts';
import { noGaps } from './trace-gaps.ts';
import type { TraceInput } from './trace-input.ts';

/** 12.3.4 is followed at 10 %, and not at 1 %. */
const followed = { traceSample: 0.1 };
const quiet = line(10_300, 'connection opened', { connId: 'c-9', user: 'u99' });
const quietLater = line(90_000, 'connection closed', { connId: 'c-9', user: 'u99' });
const around = [line(-800_000, 'server listening', {}), quiet, quietLater];

const notesOf = (over: Partial<TraceInput>): string => traceOf(inputOf(over)).notes.join('\n');
const spoiled = (lines: readonly string[]): LogText => ({
  service: 'ws-1',
  text: lines.map((one) => `${one.replace(/^\{/, '{{')}\n`).join(''),
});

describe('a message that no server speaks of', () => {
  test('is not of the share that is followed: said, with what is missing and how to see it', () => {
    const notes = notesOf({ logs: [logOf('ws-1', around)] });
    expect(notes).toMatch(/taken, stored, acked, arrived, emitted\): 1 % are followed/);
    expect(notes).toContain('this is none of them; --set server.traceSample=1 follows all');
    expect(notesOf({ logs: [logOf('ws-1', around)], traceSample: 0 })).toContain(
      'none is followed',
    );
  });

  test('is of that share, and the logs show no gap: it may have reached none', () => {
    const notes = notesOf({ ...followed, logs: [logOf('ws-1', around)] });
    expect(notes).toContain('it is of the 10 % that are followed: the logs show no gap');
    expect(notes).not.toMatch(/traceSample|not whole/);
  });

  test.each([
    ['empty', [{ service: 'ws-1', text: '' }], 'empty: the log of ws-1'],
    [
      'spoiled, each line whole at both ends',
      [spoiled(ws1)],
      '5 of 5 lines in the log of ws-1 could not be read',
    ],
    [
      'of JSON that is no log',
      [logOf('ws-1', ['{"a":1}', quiet])],
      '1 of 2 lines in the log of ws-1 could not be read',
    ],
    [
      'cut inside a line',
      [{ service: 'ws-1', text: `${quiet}\n${ws1[1]?.slice(0, 40)}` }],
      'ends inside a line',
    ],
    [
      'begun after it',
      [logOf('ws-1', [quietLater])],
      'the log of ws-1 begins at 90 ms, after this message',
    ],
    [
      'ended before it',
      [logOf('ws-1', around.slice(0, 1))],
      'the log of ws-1 ends at -800 ms, before this message',
    ],
  ] as const)('is of that share, and the log is %s', (_, logs, why) => {
    const notes = notesOf({ ...followed, logs });
    expect(notes).toContain('it is of the 10 % that are followed: the logs are not whole');
    expect(notes).toContain(why);
    expect(notes).not.toContain('traceSample');
  });

  test('is of that share, and the run left longer logs', () => {
    const logs = [{ name: 'ws-2', keptBytes: 90, nowBytes: undefined }];
    const notes = notesOf({
      ...followed,
      logs: [logOf('ws-1', around)],
      gaps: { ...noGaps, logs },
    });
    expect(notes).toContain('the logs are not whole');
    expect(notes).toContain('missing from the run folder: the log of ws-2');
  });

  test('has nothing to do with the logs of API nodes, which carry none', () => {
    const logs = [logOf('ws-1', around), { service: 'api-1', text: '' }];
    expect(notesOf({ ...followed, logs })).toContain('the logs show no gap');
  });
});

test('a slow message outside of the share has its one line, and a word on those it lacks', () => {
  const slow = line(130_000, 'message slow', { ...conn, ...ofMessage, storedMs: 119, tookMs: 120 });
  const logs = [logOf('ws-1', [...around, slow])];
  expect(notesOf({ logs })).toContain('this is none of them; --set server.traceSample=1');
  expect(notesOf({ logs: [logOf('ws-1', ws1), logOf('ws-2', ws2)] })).not.toContain('traceSample');
});

test('a request that only nginx saw is told by the same rule', () => {
  const id = 'req-9';
  const access = JSON.stringify({
    ...{ time: '1800000000.500', request_id: id, method: 'GET', path: '/', status: '200' },
    ...{ request_time: '0.031', upstream: '', upstream_status: '', upstream_header_time: '' },
  });
  const logs = [logOf('nginx-access', [access]), { service: 'api-1', text: '' }];
  const of = (traceSample: number): string =>
    notesOf({ id, logs, traceSample, history: undefined });
  expect(of(0.000_001)).toContain('traceSample=1 follows all');
  expect(of(1)).toContain('all are followed: the logs are not whole');
});
