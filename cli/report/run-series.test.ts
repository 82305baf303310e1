import { describe, expect, test } from 'vitest';

import { renderHtml } from './html.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';
import { repeatsOf, rowOf } from './run-row.ts';
import type { RunRow } from './run-row.ts';
import { sampleDetail } from './testing/sample-detail.ts';
import { sampleReport } from './testing/sample-report.ts';
import { renderText } from './text.ts';

const rows: readonly RunRow[] = [
  rowOf('run 1', sampleReport()),
  { ...rowOf('run 2 <b>', sampleReport()), verdict: 'fail', exitCode: 99, lost: 7, runId: 'r2' },
  { ...rowOf('run 3', sampleReport()), verdict: 'no-data', exitCode: 122, runId: 'r3' },
  rowOf('run 4', sampleReport()),
];

function formsOf(report: Report) {
  return {
    text: renderText(report, { color: false, width: 110, paths: null }),
    html: renderHtml(report, sampleDetail(5), { uplotJs: '', uplotCss: '', nonce: 'n0nce' }),
    markdown: renderMarkdown(report),
  };
}

describe('a report of one run of several says so', () => {
  test('of repeats, how the others ended', () => {
    const report = sampleReport({ repeats: repeatsOf(rows, 1) });
    const forms = formsOf(report);
    for (const form of Object.values(forms)) {
      expect(form).toContain('of a series of 4: 2 pass, 1 fail, 1 no-data');
    }
    expect(forms.html).toMatch(/✗ FAIL<\/span><\/td><td class="l">run 2 &lt;b&gt;</);
    expect(forms.markdown).toMatch(/\| ❌ fail \| run 2 &lt;b&gt; \| 19,873 \| 7 \|/);
    const xml = renderJunit(report);
    expect(xml).toMatch(
      /name="run 2 &lt;b&gt; of the series"[^>]*>\n *<failure message="r2 ended with fail/,
    );
    expect(xml).toMatch(/name="run 3 of the series"[^>]*>\n *<error /);
    expect(xml).toMatch(/name="run 4 of the series"[^>]*\/>/);
  });

  test('of a ladder, whose lower rungs may fail', () => {
    const report = sampleReport({ ladder: rows });
    const forms = formsOf(report);
    for (const form of Object.values(forms)) expect(form).toContain('of a ladder of 4 rungs');
    expect(forms.html).toContain('CPU ms/1000');
    expect(renderJunit(report)).not.toContain('of the series');
  });

  test('of a single run there is nothing of it', () => {
    for (const form of Object.values(formsOf(sampleReport()))) {
      expect(form).not.toMatch(/of a series|of a ladder/);
    }
  });
});
