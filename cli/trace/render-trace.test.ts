import { describe, expect, test } from 'vitest';

import { renderTrace, traceDocument } from './render-trace.ts';
import { conn, inputOf, line, logOf, runId, traceOf } from './testing/traced-message.ts';

describe('what is printed', () => {
  test('has a row a step, with the time since the one before', () => {
    const text = renderTrace(traceOf(inputOf()), runId);
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
    const trace = traceOf(inputOf({ id, logs, history: undefined }));
    const text = renderTrace(trace, runId);
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    expect(text).toContain(String.raw`message x\u001b[2J\u0007 of a\u000ab in \u009bm`);
    expect(text).toContain(String.raw`taken from a\u000ab on c-1`);
  });

  test('as JSON carries every step, its delta and its error', () => {
    expect(traceDocument(traceOf(inputOf()), runId)).toMatchObject({
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
