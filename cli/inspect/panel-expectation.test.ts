import { describe, expect, test } from 'vitest';
import {
  expectationKinds,
  panelNeeds,
  parseExpectation,
  withExpectation,
  withoutExpectation,
} from './panel-expectation.ts';

describe('the expectation at the end of a panel’s description', () => {
  const rows = expectationKinds.flatMap((kind) => [
    { kind, needs: [] },
    { kind, needs: panelNeeds.slice(0, 2) },
    { kind, needs: panelNeeds.slice(0, 1), zero: ['B', 'C'] },
  ]);
  test.each(rows)('$kind, $needs: comes back as it was written', (expectation) => {
    const written = withExpectation('What users see.\nIn seconds.', expectation);
    expect(parseExpectation(written)).toEqual(expectation);
    expect(withoutExpectation(written)).toBe('What users see.\nIn seconds.');
  });

  const strange = [
    '',
    'no expectation',
    'expect: anything',
    'expect: data; needs: mongodb',
    'expect: nonzero; zero: all',
    'expect: data\nand more text',
    'We expect: data',
  ];
  test.each(strange)('%j is not one, and the text stays as it is', (description) => {
    expect(parseExpectation(description)).toBeUndefined();
    expect(withoutExpectation(description)).toBe(description);
  });
});
