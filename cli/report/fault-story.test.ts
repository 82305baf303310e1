import { describe, expect, test } from 'vitest';

import type { FaultResult } from '../samples/fault-result.ts';
import { faultSentence, faultStory, renderFaultStory } from './fault-story.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';

function killed(change: Partial<FaultResult> = {}): FaultResult {
  const [fault] = failedReport().faults;
  if (fault === undefined) throw new Error('the failed report has a fault');
  return {
    ...fault,
    affected: 251,
    clientsOnNode: 251,
    detectMs: 3,
    resumeMs: { p50: 1100, p95: 1500, p99: 1600, max: 1620 },
    neverResumed: 0,
    lostAcked: 0,
    downClientSeconds: 276,
    mttrMs: 2100,
    acked: 12_210,
    stalled: 0,
    ...change,
  };
}

test('a killed node, in one sentence', () => {
  expect(faultSentence(killed(), 500)).toBe(
    "Killed ws-2 under 500 users (251 on it): 251 noticed, in 3.0 ms, resumed p50 1.1 s p99 1.6 s, 0 never back; 4,200 acked in its 10.0 s, 8,010 acked soon after, 0 lost; 276 client-seconds down (4.2 waiting for an ack) = 0.02% of a 99.9% month's budget; MTTR 2.1 s.",
  );
});

describe('what is told of a fault', () => {
  const unnoticed = { affected: 0, clientsOnNode: 0, downClientSeconds: 0, mttrMs: 0 };
  test.each<readonly [string, Partial<FaultResult>, string]>([
    [
      'nobody noticed',
      unnoticed,
      'no chat user noticed; 4,200 acked in its 10.0 s, 8,010 acked soon after, 0 lost; MTTR 0 ms',
    ],
    ['HTTP failed', { ...unnoticed, httpFailed: 3 }, '3 of 500 HTTP requests failed'],
    [
      'HTTP failed by connection',
      { ...unnoticed, httpFailed: 3, httpFreshFailed: 1, httpResets: 2 },
      '3 of 500 HTTP requests failed (1 on a fresh connection, 2 reset on a kept one)',
    ],
    ['some waited', { ...unnoticed, stalled: 9 }, '9 users waited over 1 s for an ack'],
    ['some never came back', { neverResumed: 2 }, '2 never back'],
    [
      'hardly anybody was away',
      { downClientSeconds: 0.4, stalledClientSeconds: 0.04 },
      "0.4 client-seconds down (0.04 waiting for an ack) = 0.00003% of a 99.9% month's budget",
    ],
    [
      'next to nothing of a month',
      { downClientSeconds: 0.004, stalledClientSeconds: 0 },
      "0.004 client-seconds down = 0.0000003% of a 99.9% month's budget",
    ],
    ['acked messages were lost', { lostAcked: 7 }, '7 lost'],
    [
      'nothing could be acked while it was there',
      { ackedWithin: 0, until: 23_100, dueWithin: 240, answeredWithin: 239, acked: 1048 },
      'nothing acked in its 3.1 s (of 240 due then 239 were acked later), 1,048 acked soon after, 0 lost',
    ],
    [
      'it was of an instant',
      { until: 20_000, ackedWithin: 0, dueWithin: 0 },
      '; 12,210 acked soon after, 0 lost',
    ],
    [
      'the next fault came before it was seen steady',
      { mttrMs: 2100, watchedMs: 6000 },
      'MTTR 2.1 s (seen steady for 3.9 s only).',
    ],
    ['it did not recover', { mttrMs: null }, 'not as before within the 30.0 s it was watched'],
    ['it did not bite', { unfelt: 'pid 812 lives' }, 'it did not bite, pid 812 lives.'],
    ['a kind nobody has heard of', { kind: 'melt' }, 'Did melt to ws-2'],
  ])('%s', (_, change, words) => {
    expect(faultSentence(killed(change), 500)).toContain(words);
  });
});

describe('what was not shown', () => {
  test('after a process died: how long a silent host would take to be seen', () => {
    const story = faultStory(sampleReport({ faults: [killed()] }));
    expect(story.at(-1)).toBe(
      'Process death only: a silent host is seen after 60–85 s at these ping settings (--fault blackhole@ws-1 shows it).',
    );
  });

  test('of one server: the node that is there', () => {
    const { topology } = sampleReport();
    if (topology === null) throw new Error('the sample has a topology');
    const single = { ...topology, all: { count: 1, cores: null }, api: null, ws: null };
    const story = faultStory(sampleReport({ faults: [killed()], topology: single }));
    expect(story.at(-1)).toContain('(--fault blackhole@server-1 shows it)');
  });

  test.each(['pause', 'blackhole'])('nothing where a silent host was shown: %s', (kind) => {
    const story = renderFaultStory(sampleReport({ faults: [killed(), killed({ kind })] }));
    expect(story).not.toContain('Process death only');
  });

  test("nothing of somebody else's system", () => {
    const story = renderFaultStory(sampleReport({ faults: [killed()], topology: null }));
    expect(story).not.toContain('Process death only');
  });
});

test('a run without faults has no story', () => {
  expect(faultStory(sampleReport())).toEqual([]);
});
