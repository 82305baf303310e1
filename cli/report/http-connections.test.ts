import { expect, test } from 'vitest';

import type { OpSummary } from '../samples/summary.ts';
import { httpConnectionsSentence } from './http-connections.ts';
import { operationSection } from './html-sections.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';
import { sampleReport } from './testing/sample-report.ts';
import { renderText } from './text.ts';

const reset = { count: 2480, errors: 6, fresh: 496, freshErrors: 1, reusedResets: 3 };

function reportOf(change: Partial<OpSummary>): Report {
  const sample = sampleReport();
  const { http } = sample.ops;
  if (http === undefined) throw new Error('the sample has HTTP');
  return sampleReport({ ops: { ...sample.ops, http: { ...http, ...change } } });
}

test('failures are told apart by their connection, and none is left out', () => {
  expect(httpConnectionsSentence(reportOf(reset))).toBe(
    'http: 496 on fresh connections, 1 failed; 1,984 on kept ones, 3 reset, 2 failed otherwise',
  );
  expect(httpConnectionsSentence(reportOf({ ...reset, errors: 4 }))).not.toContain('otherwise');
});

test('nothing is said of what was not measured', () => {
  const older = { fresh: undefined, freshErrors: undefined, reusedResets: undefined };
  expect(httpConnectionsSentence(reportOf(older))).toBeUndefined();
  expect(httpConnectionsSentence(sampleReport({ ops: {} }))).toBeUndefined();
  expect(httpConnectionsSentence(reportOf({ ...reset, count: 0 }))).toBeUndefined();
});

test('text, HTML and Markdown say it', () => {
  const report = reportOf(reset);
  const text = renderText(reportOf({ ...reset, errors: 4 }), {
    color: false,
    width: 80,
    paths: null,
  });
  expect(text).toContain('http: 496 on fresh connections, 1 failed; 1,984 on kept ones, 3 reset\n');
  expect(renderMarkdown(report)).toContain('1,984 on kept ones, 3 reset');
  expect(operationSection(report)).toContain('1,984 on kept ones, 3 reset');
});

test('the text keeps to what went wrong: with no error and no fault there is no line of it', () => {
  const calm = reportOf({ ...reset, errors: 0, freshErrors: 0, reusedResets: 0 });
  const text = renderText(calm, { color: false, width: 110, paths: null });
  expect(text).not.toContain('fresh connections');
});
