import { describe, expect, test } from 'vitest';

import { composeTrace } from './compose-trace.ts';
import type { TraceInput } from './trace-input.ts';
import {
  access,
  conn,
  inputOf,
  line,
  logOf,
  startMs,
  stepsOf,
  ws1,
  ws2,
} from './testing/traced-message.ts';

describe('clocks that differ', () => {
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
