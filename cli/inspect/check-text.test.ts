import { describe, expect, test } from 'vitest';

import { checkDocument } from './check-document.ts';
import { renderCheck } from './check-text.ts';
import { renderSheet } from './contact-sheet.ts';
import { checkVerdict } from './inspection.ts';
import type { CheckRow, Inspection } from './inspection.ts';
import { sampleInspection } from './testing/sample-inspection.ts';

const style = { color: false, ascii: false };

function inspectionOf(...changes: readonly Partial<CheckRow>[]): Inspection {
  const inspection = sampleInspection();
  const [row] = inspection.rows;
  if (row === undefined) throw new Error('the sample has rows');
  return { ...inspection, rows: changes.map((change) => ({ ...row, ...change })) };
}

const skipped = { verdict: 'skipped', cause: { kind: 'missing', need: 'loki' } } as const;

const unseen = {
  verdict: 'unseen',
  cause: { kind: 'stepped-over', stepMs: 3_600_000, lastedMs: 50_000 },
} as const;

describe('what a check comes to', () => {
  test.each([
    {
      it: 'a panel has what it should',
      rows: [{}, skipped],
      verdict: 'pass',
      says: 'PASS  2 panels',
    },
    {
      it: 'one has not',
      rows: [{}, { verdict: 'empty', cause: { kind: 'no-events' } }],
      ...{ verdict: 'fail', says: 'FAIL  2 panels' },
    },
    {
      it: 'a rule is wrong',
      rows: [{ kind: 'rule', verdict: 'error', cause: { kind: 'rule-unhealthy', text: 'x' } }],
      ...{ verdict: 'fail', says: 'FAIL  0 panels' },
    },
    // Rules and variables that are well say nothing of panels that nobody could look at.
    {
      it: 'every panel was skipped',
      rows: [skipped, { kind: 'rule' }, { kind: 'variable' }],
      ...{ verdict: 'no-data', says: 'NO VERDICT  1 panel' },
    },
    {
      it: 'something lies between two steps',
      rows: [{}, unseen],
      ...{ verdict: 'no-data', says: 'NO VERDICT  2 panels and 0 more: 1 ok, 0 empty' },
    },
    {
      it: 'one is wrong beside it',
      rows: [unseen, { verdict: 'empty', cause: { kind: 'no-events' } }],
      ...{ verdict: 'fail', says: '1 unseen, 1 wrong' },
    },
    { it: 'there is no panel', rows: [], verdict: 'no-data', says: 'NO VERDICT  0 panels' },
  ] as const)('$it: $verdict', ({ rows, verdict, says }) => {
    const inspection = inspectionOf(...rows);
    expect(checkVerdict(inspection.rows)).toBe(verdict);

    expect(renderCheck(inspection, style, 80)).toContain(says);
    expect(checkDocument(inspection, 0).verdict).toBe(verdict);
    const assets = { uplotJs: '', uplotCss: '', nonce: 'n0nce' };
    expect(renderSheet(inspection, assets)).toContain(`class="card verdict ${verdict}"`);
  });
});

test('of a window that is too wide the last line says so, and what to do', () => {
  const text = renderCheck(inspectionOf({}, unseen), style, 300).trimEnd().split('\n').at(-1);
  expect(text).toBe(
    'The window is too wide to see all in it: a step is up to 1h 00m, and what was there for 50 s falls between two. Without --from and --to it is the time of the last run, with --run ID of another.',
  );
});

test('a cause stands behind its row where there is room, else below it', () => {
  const lines = (width: number) => renderCheck(inspectionOf(skipped), style, width).split('\n');
  expect(lines(100).find((line) => line.includes('skipped'))).toMatch(
    / 3 {2}skipped {2}no Loki here$/,
  );
  const far = inspectionOf({ verdict: 'empty', cause: { kind: 'no-events' }, under: '$x = 1' });
  expect(renderCheck(far, style, 100)).toMatch(
    /✗ Lines sample +3 {2}empty\n {6}no event in a window with a fault \(with \$x = 1\)\n/,
  );
});
