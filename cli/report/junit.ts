/** A report as JUnit XML: a test case a threshold, a fault, a run of a series, and one for the run's validity. */
import { escapeMarkup } from './escape-markup.ts';
import { faultSentence } from './fault-story.ts';
import { observedOf } from './format.ts';
import type { Report } from './report.ts';
import type { RunRow } from './run-row.ts';
import { verdictSentence } from './verdict-words.ts';

type Case = {
  readonly name: string;
  readonly problem: { readonly tag: 'failure' | 'error'; readonly message: string } | null;
};

/**
 * JUnit XML as CI systems read it. A threshold that failed is a `failure`; one without data, and a
 * run that proves nothing, is an `error`, so that neither is taken for a pass.
 */
export function renderJunit(report: Report): string {
  const seconds = (report.run.durationMs / 1000).toFixed(3);
  const suite = `rtops ${report.scenario.name} on ${report.topology?.name ?? 'another system'}`;
  const cases = [
    ...report.thresholds.map(thresholdCase),
    ...report.faults.map((fault) => faultCase(fault, report.users.peak)),
    ...(report.repeats?.runs ?? []).map(runCase),
    validityCase(report),
  ];
  const failures = cases.filter((one) => one.problem?.tag === 'failure').length;
  const errors = cases.filter((one) => one.problem?.tag === 'error').length;
  const totals = `tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="rtops" ${totals}>`,
    `  <testsuite name="${xml(suite)}" ${totals} skipped="0" timestamp="${xml(report.run.startedAt)}">`,
    ...cases.map((one) => caseXml(one, suite)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function thresholdCase(row: Report['thresholds'][number]): Case {
  const message = `${row.text}: observed ${observedOf(row)}. ${row.why}`;
  switch (row.verdict) {
    case 'pass':
      return { name: row.text, problem: null };
    case 'fail':
      return { name: row.text, problem: { tag: 'failure', message } };
    case 'no-data':
      return { name: row.text, problem: { tag: 'error', message } };
  }
}

/** A fault that did not bite proves nothing; what it may do is the thresholds' to say. */
function faultCase(fault: Report['faults'][number], users: number): Case {
  const name = `fault ${fault.text} bit`;
  const message = faultSentence(fault, users);
  return { name, problem: fault.bit ? null : { tag: 'error', message } };
}

/** The other runs of a series: one that failed fails the series. */
function runCase({ name, runId, verdict, exitCode }: RunRow): Case {
  const message = `${runId} ended with ${verdict}, exit code ${exitCode}`;
  const tags = { pass: null, fail: 'failure', 'no-data': 'error' } as const;
  const tag = tags[verdict];
  return { name: `${name} of the series`, problem: tag === null ? null : { tag, message } };
}

/** The run as a whole, where thresholds alone do not tell: interrupted, saturated, users refused. */
function validityCase(report: Report): Case {
  const name = 'the run is valid';
  const message = [verdictSentence(report), ...report.notes].join(' ');
  const thresholdFailed = report.thresholds.some((row) => row.verdict === 'fail');
  if (report.verdict === 'fail' && !thresholdFailed) {
    return { name, problem: { tag: 'failure', message } };
  }
  const { saturated, endedWorkers } = report.generator;
  const isCut = report.run.partial || endedWorkers.length > 0;
  if (isCut || saturated || report.verdict === 'no-data') {
    return { name, problem: { tag: 'error', message } };
  }
  return { name, problem: null };
}

function caseXml(one: Case, suite: string): string {
  const open = `    <testcase name="${xml(one.name)}" classname="${xml(suite)}" time="0"`;
  if (one.problem === null) return `${open}/>`;
  const { tag, message } = one.problem;
  return `${open}>\n      <${tag} message="${xml(message)}" type="${tag}">${xml(message)}</${tag}>\n    </testcase>`;
}

/** Characters that XML 1.0 forbids even when escaped are left out. */
function xml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it takes out
  return escapeMarkup(text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, ''));
}
