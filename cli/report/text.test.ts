import { describe, expect, test } from 'vitest';

import { judge } from '../verdict/judge.ts';
import { goodSummary } from '../verdict/testing/good-summary.ts';
import { parseThreshold } from '../verdict/threshold.ts';
import { displayWidth } from './display-width.ts';
import { renderText } from './text.ts';
import { bareLines } from './testing/bare-lines.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';
import type { Report } from './report.ts';

const paths = { dir: '.rtops/runs/a', html: '.rtops/runs/a/report.html' };

describe('the end summary', () => {
  test('says the verdict first, why, and where to read on', () => {
    const lines = textOf(sampleReport());
    expect(lines[1]).toBe('✓ PASS  All 6 thresholds held.');
    expect(lines).toContain('Report  .rtops/runs/a/report.html');
    expect(lines.some((line) => line.includes('rtops verify'))).toBe(true);
  });

  test('puts failed thresholds first, each with its reason', () => {
    const lines = textOf(failedReport());
    const at = lines.indexOf('Thresholds');
    expect(lines[1]).toContain('✗ FAIL  chat.ack p95 < 30ms does not hold: 41.2 ms');
    expect(lines[at + 1]).toMatch(/✗ chat\.ack p95 < 30ms +41\.2 ms {2}failed/);
    expect(lines[at + 2]).toContain('11.2 ms above the bound');
    expect(lines.some((line) => /– http p95 < 150ms +no data$/.test(line))).toBe(true);
  });

  test('says beside a latency that held what is left for the network', () => {
    expect(textOf(sampleReport()).join('\n')).toContain('3.2 ms  26.8 ms left for network');
  });

  test('names the first exception of the ledger', () => {
    expect(textOf(failedReport()).join('\n')).toContain('first: lost u0-r0-0 in room-0 for u1');
  });

  test('an interrupted run says so in its first sentence', () => {
    const run = { ...sampleReport().run, partial: true, durationMs: 12_000 };
    expect(textOf(sampleReport({ run, exitCode: 105 }))[1]).toBe(
      '✓ PASS  Interrupted after 12 s: none of 6 thresholds had failed by then.',
    );
  });

  test('what the sentence says is not said again below it', () => {
    const notes = ['the system lost 2 users', 'the log was not read'];
    const lines = textOf(sampleReport({ verdict: 'fail', exitCode: 99, notes }));
    expect(lines[1]).toBe('✗ FAIL  The system lost 2 users.');
    expect(lines[3]).toBe(' ! The log was not read.');
    expect(lines.filter((line) => line.includes('lost 2 users'))).toHaveLength(1);
  });

  test('what is cut of notes and sentences is marked, and notes left out are counted', () => {
    const long = 'one two three four five six seven eight nine ten '.repeat(9);
    const report = sampleReport({ verdict: 'fail', exitCode: 99, notes: [long] });
    expect(textOf(report)[2]).toMatch(/…$/);
    const notesOf = (...notes: string[]) => textOf(sampleReport({ notes })).slice(3, 7);
    expect(notesOf('a', 'b', 'c')).toEqual([' ! A.', '   B.', '   C.', '']);
    expect(notesOf('a', 'b', 'c', 'd')).toEqual([
      ...[' ! A.', '   B.', '   and 2 more in the report', ''],
    ]);
    expect(notesOf('short', long)[2]).toMatch(/…$/);
    const bottleneck = { kind: 'server', evidence: long } as const;
    const limit = textOf(sampleReport({ bottleneck }));
    expect(limit[limit.findIndex((line) => line.startsWith('Limit')) + 1]).toMatch(/…$/);
  });

  test('what is left for the network is read from the judge’s own words', () => {
    const { thresholds } = judge(goodSummary, [parseThreshold('chat.ack p95 < 30ms')], {
      cores: 2,
    });
    expect(textOf(sampleReport({ thresholds })).join('\n')).toMatch(/[\d.]+ ms left for network/);
  });

  test('a run that proves nothing gives its reason once, and each figure without a verdict', () => {
    const note = 'kill@ws-2 did not bite: pid 812 lives';
    const thresholds = sampleReport().thresholds.map((row) => ({
      ...row,
      verdict: 'no-data' as const,
      why: `${row.why}, but the faults of this run prove nothing: ${note}`,
    }));
    const report = sampleReport({ verdict: 'no-data', exitCode: 122, thresholds, notes: [note] });
    const lines = textOf(report);
    expect(lines[1]).toBe('– NO VERDICT  Kill@ws-2 did not bite: pid 812 lives.');
    expect(lines.filter((line) => line.includes('did not bite'))).toHaveLength(1);
    expect(lines.find((line) => line.includes('chat.ack p95 <'))).toMatch(
      /– .* 3\.2 ms  no verdict$/,
    );
  });

  test('a saturated generator is the reason when there is no verdict', () => {
    const generator = { ...sampleReport().generator, saturated: true };
    const lines = textOf(sampleReport({ verdict: 'no-data', exitCode: 122, generator }));
    expect(lines[1]).toContain('NO VERDICT  The load generator was saturated');
  });

  test('a load worker that ended early is the reason, before a saturated generator', () => {
    const endedWorkers = ['load worker 1 ended (SIGKILL)'];
    const generator = { ...sampleReport().generator, saturated: true, endedWorkers };
    const lines = textOf(sampleReport({ verdict: 'no-data', exitCode: 122, generator }));
    expect(lines[1]).toContain(
      'NO VERDICT  Load worker 1 ended (SIGKILL): the load was not brought',
    );
  });

  test('what was not measured is a dash, and is not compared', () => {
    const zero = { p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };
    const report = sampleReport();
    const connect = { count: 9, errors: 9, ratePerSec: 1, latencyMs: zero, serviceMs: zero };
    const { fidelity } = report;
    const check = (one: Report['fidelity']): string | undefined =>
      textOf({ ...report, ops: { connect }, fidelity: one }).find((line) =>
        line.startsWith('Check'),
      );
    const none = { ...fidelity, leanMs: zero, clientMs: zero };
    const lines = textOf({ ...report, ops: { connect } });
    expect(lines.find((line) => /^ {2}connect/.test(line))).toMatch(/ 9 +1 +9 +- +- +- +-$/);
    expect(check(fidelity)).toContain('by lean users');
    expect(check({ ...fidelity, leanMs: zero })).toContain('p95 - by lean users');
    expect(check(none)).toBeUndefined();
  });

  test('says so when the report could not be written', () => {
    const text = renderText(sampleReport(), {
      color: false,
      width: 80,
      paths: { dir: 'x', html: null },
    });
    expect(text).toContain('could not be written');
  });

  const reports: readonly (readonly [string, Report])[] = [
    ['a pass', sampleReport()],
    ['a fail with exceptions and faults', failedReport()],
    ['everything at its longest', crowded()],
    ['nothing measured at all', empty()],
  ];
  const rows = reports.flatMap(([name, report]) =>
    [60, 80, 100, 200].map((width) => ({ name, report, width })),
  );
  test.each(rows)(
    '$name at $width columns: at most 40 lines, 53 with faults, none too wide',
    ({ report, width }) => {
      for (const ascii of [false, true]) {
        const lines = bareLines(renderText(report, { color: true, ascii, width, paths }));
        expect(lines.length - 1).toBeLessThanOrEqual(report.faults.length > 0 ? 53 : 40);
        for (const line of lines) expect([displayWidth(line) <= width, line]).toEqual([true, line]);
      }
    },
  );

  test('without colour there is no escape code, in ASCII no other character', () => {
    const text = renderText(failedReport(), { color: false, ascii: true, width: 80, paths });
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(text).toMatch(/^[\n\u0020-\u007E]*$/);
    expect(renderText(failedReport(), { color: true, width: 80, paths })).toContain('\u001B[31m');
  });

  test('control characters in a name do not reach the terminal', () => {
    const scenario = { ...sampleReport().scenario, name: 'evil\u001B[2J\nname' };
    const text = renderText(sampleReport({ scenario }), { color: false, width: 80, paths });
    expect(text).not.toContain('\u001B');
    expect(text).toContain('evil[2J name on scaled');
  });
});

describe('what went wrong is not cut off', () => {
  const report = sampleReport();

  test('users thrown off, and a restart, stand on 80 columns', () => {
    const text = textOf({
      ...report,
      users: { ...report.users, thrownOff: 512 },
      services: report.services.map((one, i) => (i === 0 ? { ...one, restarts: 1 } : one)),
    }).join('\n');
    expect(text).toContain('0 refused · 0 lost · 512 thrown off');
    expect(text).toMatch(/1 restart, [\d.]+ MB/);
  });

  test('where there was neither, neither is named: the negative control', () => {
    expect(textOf(report).join('\n')).not.toMatch(/thrown off|restart/);
  });
});

function textOf(report: Report): readonly string[] {
  return bareLines(renderText(report, { color: false, width: 80, paths }));
}

function crowded(): Report {
  const report = failedReport();
  const [threshold] = report.thresholds;
  const [service] = report.services;
  const [fault] = report.faults;
  if (threshold === undefined || service === undefined || fault === undefined)
    throw new Error('no sample');
  const long = 'a sentence that goes on and on and says nothing that was not known before '.repeat(
    6,
  );
  return {
    ...report,
    scenario: { ...report.scenario, name: '채팅-부하-시험-'.repeat(12) },
    notes: Array.from({ length: 9 }, () => long),
    thresholds: Array.from({ length: 30 }, () => ({ ...threshold, text: long, why: long })),
    services: Array.from({ length: 40 }, (_, index) => ({
      ...service,
      name: `service-with-a-long-name-${index}`,
      restarts: 12,
      loopLagMs: 123.4,
    })),
    ops: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `operation.${index}.${long}`,
        report.ops['connect']!,
      ]),
    ),
    faults: Array.from({ length: 9 }, () => ({ ...fault, node: long })),
    bottleneck: { kind: 'server', evidence: long },
    ledger: {
      ...report.ledger,
      refused: 1e9,
      indeterminate: 1e9,
      recovered: 1e9,
      late: 1e9,
      reordered: 1e9,
      dropped: 1e9,
      neverBack: 1e9,
      resynced: 1e9,
    },
    users: { planned: 1e9, peak: 1e9, attempted: 1e9, refused: 1e9, lost: 1e9 },
  };
}

function empty(): Report {
  const report = sampleReport();
  return {
    ...report,
    verdict: 'no-data',
    exitCode: 122,
    notes: [],
    topology: null,
    thresholds: [],
    ops: {},
    services: [],
    users: { planned: 10, peak: 0, attempted: 0, refused: 0, lost: 0 },
    fidelity: { ...report.fidelity, clientUsers: 0 },
  };
}
