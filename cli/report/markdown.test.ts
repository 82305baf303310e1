import { expect, test } from 'vitest';

import { renderMarkdown } from './markdown.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';

test('the verdict is the heading and the reason the first sentence', () => {
  const lines = renderMarkdown(failedReport()).split('\n');
  expect(lines[0]).toBe('## ❌ FAIL: chat-1000 on scaled');
  expect(lines[2]).toContain('does not hold: 41.2 ms');
});

test('every row of a table has as many cells as its heading', () => {
  const blocks = renderMarkdown(failedReport())
    .split('\n\n')
    .filter((block) => block.startsWith('|'));
  expect(blocks.length).toBeGreaterThanOrEqual(4);
  for (const block of blocks) {
    const cells = block.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(new Set(cells).size).toBe(1);
  }
});

test('names from files are no markup, no table cell, no mention and no HTML', () => {
  const scenario = { ...sampleReport().scenario, name: 'a|b <img src=x> @someone [l](x) `c`\n# h' };
  const heading = renderMarkdown(sampleReport({ scenario })).split('\n')[0];
  expect(heading).toBe(
    '## ✅ PASS: a\\|b &lt;img src=x&gt; &#64;someone \\[l\\](x) \\`c\\` \\# h on scaled',
  );
});

test('rows say whether they held, and show the figure of one without a verdict', () => {
  const report = failedReport();
  const text = renderMarkdown({
    ...report,
    thresholds: report.thresholds.map((row) =>
      row.metric === 'errors' ? { ...row, verdict: 'no-data' } : row,
    ),
  });
  const rowOf = (name: string): string | undefined =>
    text.split('\n').find((line) => line.includes(`| ${name}`));
  expect(rowOf('chat.ack')).toMatch(/^\| ❌ failed \| .* \| 41\.2 ms \|/);
  expect(rowOf('chat.delivery')).toMatch(/^\| ✅ held \|/);
  expect(rowOf('errors')).toMatch(/^\| ⚪ no verdict \| .* \| 0% \|/);
});

test('what the whole run lacks is not said again at each row', () => {
  const note = 'the load generator was saturated: 9 sends left late';
  const cut = 'the run was cut short: it cannot pass';
  const reasons = [`the run is not valid: ${note}`, cut, 'it is odd'];
  const report = sampleReport({ verdict: 'no-data', notes: [note, cut] });
  const text = renderMarkdown({
    ...report,
    thresholds: report.thresholds.slice(0, 3).map((row, i) => ({
      ...row,
      ...{ verdict: 'no-data', why: `seen, but ${reasons[i]}` },
    })),
  });
  expect(text).toContain('| seen, but the run is not valid (see above) |');
  expect(text).toContain('| seen, but the run was cut short |');
  expect(text).toContain('| seen, but it is odd |');
  expect(text.split('9 sends left late')).toHaveLength(2);
});

test('a report without exceptions has no section for them', () => {
  expect(renderMarkdown(sampleReport())).not.toContain('First exceptions');
  expect(renderMarkdown(failedReport())).toContain('First exceptions (24 listed');
});

test('what a fault did not do to anybody is a dash, and not 0 ms', () => {
  const [fault] = failedReport().faults;
  if (fault === undefined) throw new Error('the failed report has a fault');
  const nobody = { p50: 0, p95: 0, p99: 0, max: 0 };
  const unfelt = {
    ...{ ...fault, affected: 0, detectMs: 0, detect: nobody, backoff: nobody, resumeMs: nobody },
    ...{ neverResumed: 0, lostAcked: 0 },
  };
  const rowOf = (one: typeof fault): string | undefined =>
    renderMarkdown(sampleReport({ faults: [one] }))
      .split('\n')
      .find((line) => line.startsWith('| kill'));
  expect(rowOf(unfelt)).toBe('| kill&#64;ws-2 | 20 s | 0 | – | – | – | – | 0 | 0 | 11.2 s |');
  expect(rowOf(fault)).toContain('| 512 | 12.0 | 2,050 | 2,100 | 3,400 | 2 | 12 |');
});

test('a time and a unit that are none cannot leave their cell', () => {
  const report = sampleReport();
  const evil = '](x)|<b>@someone';
  const text = renderMarkdown({
    ...report,
    run: { ...report.run, startedAt: evil },
    thresholds: report.thresholds.map((row) => ({ ...row, unit: evil })),
  });
  expect(text).not.toMatch(/<b>|@|[^\\]\](?!\()/);
});
