import { describe, expect, test } from 'vitest';

import type { WindowSide } from '../samples/window-latency.ts';
import { isolationSentence } from './isolation-text.ts';
import { repeatsOf, rowOf } from './run-row.ts';
import type { RunRow } from './run-row.ts';
import { renderLadder, renderRepeats } from './run-table.ts';
import { renderLies } from './self-check-text.ts';
import { failedReport } from './testing/sample-report.ts';

const plain = { color: false, ascii: false };

function row(name: string, changed: Partial<RunRow> = {}): RunRow {
  return {
    ...{ name, runId: name, verdict: 'pass', exitCode: 0 },
    ...{ acked: 48_210, lost: 0, duplicated: 0, reordered: 0, neverBack: 0, unanswered: 0 },
    ...{ resumeP99Ms: 1600, mttrMs: 2100, downClientSeconds: 276, ackP95Ms: 4.2 },
    serverCpuMsPer1000: 53,
    ...changed,
  };
}

describe('several runs as text', () => {
  test('repeats show every value, then the mean and its interval', () => {
    const runs = [1500, 1600, 1700, 1550, 1650].map((ms, i) =>
      row(`run ${i + 1}`, { resumeP99Ms: ms }),
    );
    const text = renderRepeats(repeatsOf(runs, 1), plain);
    for (const shown of ['1,500', '1,600', '1,700', '48,210']) expect(text).toContain(shown);
    expect(text).toMatch(/resume p99: mean 1,600 ms, 95% interval 1,5\d\d ms to 1,[67]\d\d ms/);
    expect(text).toContain('over 5 runs');
  });

  test('hardly any down time is not none', () => {
    const text = renderRepeats(repeatsOf([row('run 1', { downClientSeconds: 0.04 })], 1), plain);
    expect(text).toMatch(/run 1 .* 0\.04 {2}pass/);
    expect(text).toContain('down: mean 0.04 client-seconds');
  });

  test('of two runs there is a range, and no interval', () => {
    const runs = [1500, 1700].map((ms, i) => row(`run ${i + 1}`, { resumeP99Ms: ms }));
    const text = renderRepeats(repeatsOf(runs, 1), plain);
    expect(text).toContain('resume p99: mean 1,600 ms, 1,500 ms to 1,700 ms (range of 2: an');
    expect(text).not.toContain('95%');
  });

  test('a run in which nothing was measured has a dash, and is in no mean', () => {
    const runs = [row('run 1'), row('run 2', { mttrMs: null, verdict: 'no-data' })];
    const repeats = repeatsOf(runs, 1);
    expect(repeats.mttrMs?.values).toEqual([2100]);
    const text = renderRepeats(repeats, plain);
    expect(text).toMatch(/– run 2 .* - .*no-data/);
    expect(text).toContain('MTTR: mean 2,100 ms, 2,100 ms to 2,100 ms (range of 1');
    expect(text).toContain('of 1 of 2 runs, the others showed none');
    expect(text.split('\n').find((line) => line.includes('resume p99:'))).not.toContain('others');
  });

  test('of a run’s faults the worst is taken, and one that was never over is worse than any', () => {
    const report = failedReport();
    const [fault] = report.faults;
    if (fault === undefined) throw new Error('the failed report has a fault');
    const rowWith = (...changes: Partial<typeof fault>[]) =>
      rowOf('run', { ...report, faults: changes.map((change) => ({ ...fault, ...change })) });
    expect(rowWith({}, { recoveredAt: 50_000 })).toMatchObject({
      ...{ mttrMs: 30_000, resumeP99Ms: 3400 },
    });
    expect(rowWith({}, { recoveredAt: null }).mttrMs).toBeNull();
    // One that did not bite had nothing to recover from.
    expect(rowWith({}, { bit: false, recoveredAt: null }).mttrMs).toBe(11_200);
    const nobody = { p50: 0, p95: 0, p99: 0, max: 0 };
    expect(rowWith({ affected: 512, neverResumed: 512, resumeMs: nobody }).resumeP99Ms).toBeNull();
  });

  test('a ladder tells what each rung lost and cost, under which faults', () => {
    const text = renderLadder(
      [row('adapter, stock client', { lost: 1820, verdict: 'fail' }), row('log always, resume')],
      ['kill@ws-2', 'power-loss@redis'],
      plain,
    );
    expect(text).toContain('under kill@ws-2 and power-loss@redis');
    expect(text).toMatch(/✗ adapter, stock client .*1,820 .*fail/);
    expect(text).toMatch(/✓ log always, resume .* 0 .*pass/);
  });

  test('a lie that was not found is said, and so is an honest server that was accused', () => {
    const base = { runId: 'x', classes: [], example: null };
    const found = { ...base, what: 'drops', sabotage: 'drop', found: 0, right: false };
    const honest = { ...base, what: 'honest', sabotage: null, found: 0, right: true };
    expect(renderLies([honest, found], 2, plain)).toContain('1 server judged wrongly');
    expect(renderLies([honest], 1, plain)).toContain('Every lie was found');
    expect(renderLies([honest], 6, plain)).toContain('1 of 6 servers tried: nothing follows');
    const idle = { ...honest, right: false };
    expect(renderLies([idle], 1, plain)).toContain('nothing was delivered');
  });

  describe('isolation says what the flood was served and what the other pool felt', () => {
    const flat = (ms: number) => ({ p50: ms, p90: ms, p95: ms, p99: ms, p999: ms, max: ms });
    const side = (ackMs: number, https: number, httpFailed = 0): WindowSide => ({
      ...{ ackMs: flat(ackMs), acks: ackMs === 0 ? 0 : 100, httpMs: flat(https === 0 ? 0 : 9) },
      ...{ https, httpFailed },
    });
    const flood = { asked: 5000, ratePerSec: 4981, errors: 3, p95Ms: 12 };
    test.each([
      {
        it: 'both sides',
        ...{ inside: side(6.1, 0), outside: side(4, 5) },
        says: ': chat.ack p95 6.1 ms, 4.0 ms outside of it.',
      },
      {
        it: 'nothing was measured outside of it',
        ...{ inside: side(6.1, 7), outside: side(0, 0) },
        says: ': chat.ack p95 6.1 ms, none measured outside of it; http p95 9.0 ms, none measured outside of it.',
      },
      {
        it: 'requests that failed',
        ...{ inside: side(6.1, 0, 40), outside: side(4, 5, 1) },
        says: ': chat.ack p95 6.1 ms, 4.0 ms outside of it; 40 HTTP requests failed, 1 outside of it.',
      },
      {
        it: 'nothing at all',
        ...{ inside: side(0, 0), outside: side(4, 5) },
        says: ': nothing fell due in the hold and clear of other faults, so nothing can be compared.',
      },
      {
        it: 'no answer at all',
        ...{ inside: { ...side(0, 0), acksFailed: 7 }, outside: side(4, 5) },
        says: ': nothing was answered.',
      },
    ])('$it', ({ inside, outside, says }) => {
      expect(
        isolationSentence({ cause: 'flood http=5000/s', windows: [], inside, outside, flood }),
      ).toBe(`During flood http=5000/s (4,981/s served, 3 failed or unanswered)${says}`);
    });
  });
});
