import { expect, test } from 'vitest';

import { renderJunit } from './junit.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';

test('a pass has one case a threshold, one for validity, and no problem', () => {
  const xml = renderJunit(sampleReport());
  expect(xml).toContain('<testsuites name="rtops" tests="7" failures="0" errors="0"');
  expect(xml.match(/<testcase /g)).toHaveLength(7);
  expect(xml).not.toMatch(/<(failure|error) /);
});

test('a failed threshold is a failure, one without data an error', () => {
  const xml = renderJunit(failedReport());
  expect(xml).toContain('tests="8" failures="2" errors="1"');
  expect(xml).toMatch(/<testcase name="http p95 &lt; 150ms"[^>]*>\n *<error /);
  expect(xml).toMatch(
    /<testcase name="ledger.lost = 0"[^>]*>\n *<failure message="[^"]*12 of 198,730/,
  );
});

test.each([
  ['saturated', { generator: { ...sampleReport().generator, saturated: true } }, 'error'],
  [
    'a load worker ended, and a threshold had failed',
    {
      verdict: 'fail',
      thresholds: failedReport().thresholds,
      generator: { ...sampleReport().generator, endedWorkers: ['load worker 1 ended (SIGKILL)'] },
    },
    'error',
  ],
  ['interrupted', { run: { ...sampleReport().run, partial: true } }, 'error'],
  ['users lost, thresholds met', { verdict: 'fail', exitCode: 99 }, 'failure'],
] as const)('a run that proves nothing is not all green: %s', (_, change, tag) => {
  expect(renderJunit(sampleReport(change))).toMatch(
    new RegExp(`<testcase name="the run is valid"[^>]*>\\n *<${tag} `),
  );
});

test('names from files cannot break the XML', () => {
  const scenario = { ...sampleReport().scenario, name: '"/><evil a=\'&\u0000\u001B' };
  const xml = renderJunit(sampleReport({ scenario }));
  expect(xml).toContain('rtops &quot;/&gt;&lt;evil a=&#39;&amp; on scaled');
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(xml).not.toMatch(/[\u0000\u001B]/);
});

test('a fault that did not bite is an error, one that did passes', () => {
  const bit = failedReport();
  const xml = renderJunit({
    ...bit,
    faults: bit.faults.map((fault) => ({ ...fault, bit: false, unfelt: 'pid 812 lives' })),
  });
  expect(renderJunit(bit)).toMatch(/name="fault kill@ws-2,at=20s,for=10s bit"[^>]*\/>/);
  expect(xml).toContain('tests="8" failures="2" errors="2"');
  expect(xml).toMatch(/<error message="Killed ws-2 [^"]*did not bite, pid 812 lives/);
});
