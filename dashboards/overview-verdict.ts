import { runMetrics } from '../server/metric-contract.ts';
import { noRun } from './overview-words.ts';
import type { PanelSpec, RowSpec } from './panel-spec.ts';
import { orZero, quantileOfRun, ratio, sum, sumOfCount } from './promql.ts';
import { targets } from './targets.ts';

const sent = sum(runMetrics.sent);
const lost = orZero(sum(runMetrics.missing), sent);
/** As docs/thresholds.md has it: what users asked for. */
const asked = [sent, sumOfCount(runMetrics.connectSeconds), sumOfCount(runMetrics.httpSeconds)];

/** Figures of the run so far. They are live; the report’s are final. */
export const verdictRow: RowSpec = {
  title: 'What users got',
  panels: [
    stat({
      title: 'Delivered',
      description:
        'Share of the deliveries users could see that came. Whole run so far; the ledger of the report is exact.',
      unit: 'percentunit',
      max: 1,
      expr: `${sum(runMetrics.delivered)} / ((${sum(runMetrics.delivered)} + ${lost}) > 0)`,
      expect: 'nonzero',
    }),
    stat({
      title: 'Missing',
      description:
        'Holes in a room’s numbering on an unbroken connection, as users saw them. Target: none.',
      unit: 'short',
      expr: lost,
      expect: 'empty-when-healthy',
      target: { atMost: 1 },
    }),
    stat({
      title: 'Ack p95',
      description: 'From a message being due to its ack, over the whole run so far.',
      unit: 's',
      expr: quantileOfRun(runMetrics.ackSeconds, '0.95'),
      expect: 'nonzero',
      target: { atMost: targets.ackP95Sec },
    }),
    stat({
      title: 'Delivery p95',
      description: 'From a message being due to its arrival at a recipient, over the run so far.',
      unit: 's',
      expr: quantileOfRun(runMetrics.deliverySeconds, '0.95'),
      expect: 'nonzero',
      target: { atMost: targets.deliveryP95Sec },
    }),
    stat({
      title: 'HTTP p95',
      description: 'From an HTTP request being due to its answer, over the whole run so far.',
      unit: 's',
      expr: quantileOfRun(runMetrics.httpSeconds, '0.95'),
      expect: 'nonzero',
      needs: ['run', 'http'],
      target: { atMost: targets.httpP95Sec },
      whyEmpty: 'The scenario has no HTTP load, or there is no run within this time.',
    }),
    stat({
      title: 'Errors',
      description:
        'Share of what users asked for (connections, messages, HTTP) that went wrong. Whole run so far.',
      unit: 'percentunit',
      expr: ratio(orZero(sum(runMetrics.errors), sent), `(${asked.join(' + ')})`),
      expect: 'empty-when-healthy',
      target: { atMost: targets.errorShare },
    }),
    stat({
      title: 'Users at the peak',
      description: 'The most users that were connected at once.',
      figure: 'highest',
      unit: 'short',
      expr: sum(runMetrics.activeUsers),
      expect: 'nonzero',
    }),
    stat({
      title: 'Back after a loss, p95',
      description: 'From a connection being lost to its user having all that was missed.',
      unit: 's',
      expr: quantileOfRun(runMetrics.resumeSeconds, '0.95'),
      expect: 'fault-only',
      whyEmpty: 'Nobody was thrown off.',
    }),
  ],
};

type Stat = Pick<PanelSpec, 'title' | 'description' | 'unit' | 'expect'> &
  Partial<Pick<PanelSpec, 'needs' | 'target' | 'max' | 'whyEmpty'>> & {
    readonly expr: string;
    readonly figure?: 'highest';
  };

function stat({ expr, figure, ...spec }: Stat): PanelSpec {
  return {
    needs: ['run'],
    whyEmpty: noRun,
    ...spec,
    view: { kind: 'stat', figure: figure ?? 'latest' },
    queries: [{ expr, legend: spec.title }],
    width: 6,
    height: 4,
  };
}
