import { expect, test } from 'vitest';

import { goodImpact } from '../verdict/testing/good-impact.ts';
import { noLedger } from '../verdict/testing/good-summary.ts';
import { renderHtml } from './html.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { parseReport } from './parse-report.ts';
import type { Report } from './report.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';
import { renderText } from './text.ts';

/** A run in which nothing came to pass, with a fault that nobody was there to feel. */
function emptyRun(): Report {
  const sample = sampleReport();
  const nothing = { p50: 0, p95: 0, p99: 0, max: 0 };
  const latencyMs = { ...nothing, p90: 0, p999: 0 };
  const op = { count: 0, errors: 0, ratePerSec: 0, latencyMs, serviceMs: latencyMs };
  const { availability, baseline } = goodImpact;
  return {
    ...sample,
    ...{ verdict: 'no-data', exitCode: 122, notes: [], series: [], services: [] },
    run: { ...sample.run, durationMs: 4000 },
    thresholds: sample.thresholds.map((row) => ({
      ...row,
      ...{ observed: null, samples: 0, verdict: 'no-data', why: 'nothing was measured' },
    })),
    users: { planned: 10, peak: 0, attempted: 0, refused: 0, lost: 0, thrownOff: 0 },
    ops: { connect: op, 'chat.ack': op, 'chat.delivery': op, http: { ...op, fresh: 0 } },
    ledger: noLedger,
    fidelity: { leanUsers: 0, clientUsers: 1, leanMs: nothing, clientMs: nothing },
    faults: failedReport().faults.map((fault) => ({
      ...fault,
      ...{ affected: 0, clientsOnNode: null, detectMs: 0, mttrMs: null, recoveredAt: null },
      ...{
        resumeMs: nothing,
        detect: nothing,
        backoff: nothing,
        connect: nothing,
        resume: nothing,
      },
      ...{ neverResumed: 0, lostAcked: 0, downClientSeconds: 0, watchedMs: 500, firstBackMs: null },
    })),
    impact: {
      ...goodImpact,
      baseline: { ...baseline, due: 0, ackP99Ms: 0, unsteady: 'nothing was sent' },
      availability: { ...availability, untilMs: availability.fromMs + 4000 },
      worstMessages: [],
      stability: [],
    },
  };
}

test('a run without data is told in every form, without a figure that nobody measured', () => {
  const report = emptyRun();
  expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  const forms = {
    text: renderText(report, { color: false, width: 80, paths: null }),
    html: renderHtml(
      report,
      { points: [], services: [] },
      { uplotJs: '', uplotCss: '', nonce: 'n' },
    )
      // The script's own words.
      .replace(/<script nonce[^]*?<\/script>/g, ''),
    markdown: renderMarkdown(report),
    junit: renderJunit(report),
  };
  for (const [form, said] of Object.entries(forms)) {
    expect([
      form,
      /.{0,60}(?:NaN|undefined|Infinity|(?<![\d.,])0(?:\.0+)? ms).{0,40}/.exec(said)?.[0],
    ]).toEqual([...[form, undefined]]);
  }
  expect(forms.text).toContain('No user was ever attempted');
  expect(forms.html).toContain('No second-by-second record');
  expect(forms.markdown).toContain('| connect | 0 | 0 | 0 | – | – | – | – |');
  expect(forms.junit).toContain('errors="7"');
});
