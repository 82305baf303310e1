import { describe, expect, test } from 'vitest';

import { causeText } from './cause.ts';
import { whyEmpty } from './evidence.ts';
import type { Evidence, TargetState } from './evidence.ts';
import type { Labels } from './series.ts';

const target = (job: string, everUp = true): TargetState => ({
  ...{ job, instance: `${job}:1`, labels: { job, instance: `${job}:1` } },
  ...{ everUp, wasAsked: true, lastError: everUp ? '' : 'connection refused' },
});

/** What Prometheus holds: labels by metric in the window, and targets. */
function evidenceOf(
  series: Readonly<Record<string, readonly Labels[]>>,
  targets: readonly TargetState[],
): Evidence {
  return {
    targets,
    allNames: new Set([...Object.keys(series), 'long_gone']),
    seriesOf: new Map(Object.entries(series)),
    rangeSamples: new Map([['rare[10s]', 1]]),
  };
}

describe('why an expression returned nothing', () => {
  const ingress = { nginx_up: [{ job: 'ingress', instance: 'ingress:1' }] };
  test.each([
    { expr: 'nginx_up', series: {}, targets: [], says: 'Prometheus had no target of job nginx' },
    {
      expr: 'nginx_up',
      ...{ series: {}, targets: [target('nginx', false)] },
      says: 'nginx:1 (job nginx) was down: connection refused',
    },
    // Its name tells nothing where somebody else has it.
    {
      expr: 'nginx_up{instance="b"}',
      ...{ series: ingress, targets: [target('ingress')] },
      says: 'no series of nginx_up has instance="b"; there is ingress:1',
    },
    {
      expr: 'rtops_server_connections{node="x"}',
      ...{ series: { rtops_server_connections: [{ job: 'chat' }] }, targets: [target('chat')] },
      says: 'no series of rtops_server_connections has the label of node="x"',
    },
    { expr: 'long_gone', series: {}, targets: [], says: 'long_gone has some at other times' },
    { expr: 'lnog_gone', series: {}, targets: [], says: 'it has long_gone' },
    {
      expr: 'rate(rare[10s])',
      ...{ series: { rare: [{}] }, targets: [] },
      says: 'rare[10s] holds at most 1; 2 are needed',
    },
    {
      expr: 'a / b',
      ...{ series: { a: [{}], b: [{}] }, targets: [] },
      says: 'the operators between them leave none: a / b',
    },
  ])('$expr: $says', ({ expr, series, targets, says }) => {
    expect(causeText(whyEmpty(expr, evidenceOf(series, targets)))).toContain(says);
  });
});
