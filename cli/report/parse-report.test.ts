import { describe, expect, test } from 'vitest';
import * as z from 'zod';

import { Failure } from '../failure.ts';
import { parseDetail, parseReport } from './parse-report.ts';
import { reportSchema } from './report-schema.ts';
import { sampleDetail } from './testing/sample-detail.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';

describe('parseReport', () => {
  test.each([
    ['a pass', sampleReport()],
    ['a fail', failedReport()],
    ['a run against a system of others', sampleReport({ topology: null })],
  ])('reads back what was written: %s', (_, report) => {
    expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  test('keeps fields of a later minor version, wherever they are', () => {
    expect(parseReport({ ...sampleReport(), later: 1 })).toHaveProperty('later', 1);
    const { topology, scenario } = sampleReport();
    const fault = { text: '', kind: 'kill', node: 'ws-1', atMs: 0, forMs: null, options: {} };
    const report = {
      ...sampleReport(),
      topology: { ...topology, alerts: { connections: 1, later: 1 } },
      scenario: { ...scenario, faults: [{ ...fault, later: 1 }] },
    };
    expect(parseReport(report)).toEqual(report);
  });

  test.each([
    ['no object', 'text', 'no schemaVersion'],
    ['nothing', null, 'no schemaVersion'],
    ['another tool', { metrics: {} }, 'no schemaVersion'],
    ['another version', { ...sampleReport(), schemaVersion: 2 }, 'schemaVersion 2; expected 1'],
    [
      'a version as text',
      { ...sampleReport(), schemaVersion: '1' },
      'schemaVersion "1"; expected 1',
    ],
  ])('refuses %s, with what was expected', (_, value, why) => {
    const failure = failureOf(() => parseReport(value, 'x/report.json'));
    expect(failure.code).toBe(104);
    expect(failure.message).toContain('x/report.json');
    expect(failure.why).toContain(why);
  });

  test('names the field that is missing or of another type', () => {
    const { verdict: _verdict, ...rest } = sampleReport();
    expect(failureOf(() => parseReport(rest)).evidence.join('\n')).toContain('verdict');
    const { judged: _judged, ...unproved } = sampleReport();
    expect(failureOf(() => parseReport(unproved)).evidence.join('\n')).toContain('judged');
    const ledger = { ...sampleReport().ledger, lost: '0' };
    expect(failureOf(() => parseReport({ ...sampleReport(), ledger })).evidence[0]).toContain(
      'ledger.lost',
    );
  });

  test('lists at most five problems and how many more there are', () => {
    const { evidence } = failureOf(() => parseReport({ schemaVersion: 1 }));
    expect(evidence).toHaveLength(6);
    expect(evidence.at(-1)).toMatch(/^and \d+ more$/);
  });
});

test('parseDetail reads back a detail and refuses another shape', () => {
  const detail = sampleDetail(5);
  expect(parseDetail(JSON.parse(JSON.stringify(detail)))).toEqual(detail);
  expect(() => parseDetail({ points: [{}] })).toThrow('detail.json does not have the shape');
});

test('the schema of a report can be printed as JSON Schema', () => {
  const schema = z.toJSONSchema(reportSchema);
  expect(schema.required).toContain('ledger');
});

function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
