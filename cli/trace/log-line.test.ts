/** Lines whose times are none. */
import { expect, test } from 'vitest';

import { parseAccessLine } from './access-line.ts';
import { healthNotes, logHealth } from './log-health.ts';
import { parseLogLine } from './log-line.ts';
import { access, inputOf, logOf, traceOf, ws1, ws2 } from './testing/traced-message.ts';

const spoiled = (time: string, us = '1'): string =>
  `{"time":${time},"us":${us},"msgId":"12.3.4","msg":"message taken"}`;

test.each([
  ['time', spoiled('1e400')],
  ['time', spoiled('-1e300')],
  ['us', spoiled('1', '1e400')],
])('a line whose %s is beyond all time is a bad line: %s', (_, bad) => {
  expect(parseLogLine('ws-1', bad)).toBeUndefined();
  const logs = [logOf('ws-1', [...ws1, bad]), logOf('ws-2', ws2)];
  const { timelines, notes } = traceOf(inputOf({ logs }));
  expect(timelines).toHaveLength(1);
  expect(notes).toContain('1 of 6 lines in the log of ws-1 could not be read');
  expect(notes.join('\n')).not.toMatch(/Infinity|wall clock/);
});

test('so it is of nginx', () => {
  for (const bad of [{ time: '1e400' }, { request_time: '1e400' }]) {
    expect(parseAccessLine(access(bad))).toBeUndefined();
  }
  const log = logOf('nginx-access', [access({}), access({ time: '1e400' })]);
  expect(healthNotes([logHealth(log)])).toEqual([
    '1 of 2 lines in the log of nginx-access could not be read',
  ]);
});
