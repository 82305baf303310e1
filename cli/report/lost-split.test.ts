import { describe, expect, test } from 'vitest';

import { renderHtml } from './html.ts';
import { lostFromLog } from '../samples/lost-from-log.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';
import { renderText } from './text.ts';
import { bareLines } from './testing/bare-lines.ts';
import { sampleDetail } from './testing/sample-detail.ts';
import { sampleReport } from './testing/sample-report.ts';

describe('what was lost', () => {
  test.each([
    ['only in the log', { delivered: 8902, lost: 398 }, 398],
    ['only on the way', { delivered: 8890, lost: 12 }, 0],
    ['both', { delivered: 8890, lost: 410 }, 398],
    [
      'both, beside late ones and users never back',
      { delivered: 8800, late: 80, neverBack: 10, lost: 13 },
      1,
    ],
    ['nothing', { delivered: 8902, lost: 0 }, 0],
    ['figures that do not add up are never more than all', { delivered: 9999, lost: 3 }, 3],
    ['figures that do not add up are never below none', { delivered: 0, lost: 3 }, 0],
  ])('%s', (_what, counts, fromLog) => {
    expect(lostFromLog({ ...sampleReport().ledger, expected: 8902, ...counts })).toBe(fromLog);
  });

  test('is split in every form of the report when acked messages are not in the log', () => {
    const all = formsOf({ expected: 8902, delivered: 8902, lost: 398 });
    expect(all.text).toContain('398 lost (398 acked and not in the log)');
    expect(all.html).toContain('lost, of these 398 acked and not in the log');
    expect(all.markdown).toContain('Of the 398 lost, 398 were acked and are not in the log.');
  });

  test('is not split when all of it was owed and never came', () => {
    for (const form of Object.values(formsOf({ expected: 8902, delivered: 8890, lost: 12 }))) {
      expect(form).not.toContain('not in the log');
    }
  });
});

function formsOf(counts: Partial<Report['ledger']>): {
  readonly text: string;
  readonly html: string;
  readonly markdown: string;
} {
  const report = sampleReport({ ledger: { ...sampleReport().ledger, ...counts } });
  return {
    text: bareLines(renderText(report, { color: false, width: 80, paths: null })).join('\n'),
    html: renderHtml(report, sampleDetail(5), { uplotJs: '', uplotCss: '', nonce: 'n0nce' }),
    markdown: renderMarkdown(report),
  };
}
