/** Requests by their connection: one opened for the request, or a kept one. */
import type { OpSummary } from '../samples/summary.ts';
import { formatCount } from './format.ts';
import type { Report } from './report.ts';

/**
 * `http: 496 on fresh connections, 0 failed; 1,984 on kept ones, 3 reset`;
 * `undefined` where nothing is known of connections.
 */
export function httpConnectionsSentence(report: Report): string | undefined {
  const op = report.ops['http'];
  return op === undefined || op.count === 0 ? undefined : sentenceOf(op);
}

function sentenceOf({ count, errors, fresh, freshErrors, reusedResets }: OpSummary) {
  if (fresh === undefined || freshErrors === undefined || reusedResets === undefined) {
    return undefined;
  }
  const otherwise = errors - freshErrors - reusedResets;
  return `http: ${formatCount(fresh)} on fresh connections, ${formatCount(freshErrors)} failed; ${formatCount(count - fresh)} on kept ones, ${formatCount(reusedResets)} reset${
    otherwise > 0 ? `, ${formatCount(otherwise)} failed otherwise` : ''
  }`;
}
