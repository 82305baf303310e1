import { exporterMetrics, runMetrics, serverMetrics } from '../server/metric-contract.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, quantile, rate } from './promql.ts';

/** Faults, and what they did. */
export const troubleRow: RowSpec = {
  title: 'What went wrong',
  panels: [
    {
      title: 'Faults',
      description: 'The faults that the run put in place, and when.',
      view: {
        kind: 'timeline',
        states: {
          0: { text: 'not yet or over', color: 'green' },
          1: { text: 'active', color: 'red' },
        },
      },
      unit: 'bool',
      queries: [
        {
          expr: max(runMetrics.faultActive, { by: ['kind', 'target'] }),
          legend: '{{kind}} {{target}}',
        },
      ],
      expect: 'fault-only',
      whyEmpty: 'No run with faults within this time: rtops failover-test makes one.',
      width: 8,
    },
    {
      title: 'Services',
      description: 'Which services the supervisor sees ready.',
      view: {
        kind: 'timeline',
        states: { 0: { text: 'down', color: 'red' }, 1: { text: 'ready', color: 'green' } },
      },
      unit: 'bool',
      queries: [
        { expr: max(exporterMetrics.serviceUp, { by: ['service'] }), legend: '{{service}}' },
      ],
      expect: 'nonzero',
      whyEmpty: 'The exporter was not read: is the system up with monitoring?',
      width: 8,
    },
    {
      title: 'Alerts',
      description:
        'Alerts that were pending or firing, and when; the always firing Watchdog left out.',
      view: {
        kind: 'timeline',
        states: { 1: { text: 'pending', color: 'orange' }, 2: { text: 'firing', color: 'red' } },
      },
      unit: 'bool',
      queries: [
        {
          expr: `max by (alertname) (2 * ${alerts('firing')} or ${alerts('pending')})`,
          legend: '{{alertname}}',
        },
      ],
      expect: 'empty-when-healthy',
      whyEmpty: 'No alert: nothing is wrong, or no rules are loaded.',
      width: 8,
    },
    {
      title: 'Disconnects by reason, killed servers aside',
      description:
        'Connections that ended, as servers saw them: a killed one counts nothing. Whom it threw off shows in Connections by server and in Users coming back.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [
        { expr: rate(serverMetrics.disconnections, { by: ['reason'] }), legend: '{{reason}}' },
      ],
      expect: 'data',
      whyEmpty: 'No server was read within this time.',
      width: 8,
    },
    {
      title: 'Users coming back',
      description: 'Users a second that came back after a lost connection.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(runMetrics.reconnects), legend: 'back' }],
      expect: 'fault-only',
      needs: ['run'],
      whyEmpty: 'Nobody was thrown off.',
      width: 8,
    },
    {
      title: 'Back with all that was missed',
      description:
        'From a connection being lost to its user having everything: median and the chosen quantile.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.resumeSeconds, { q: '0.5' }), legend: 'median' },
        { expr: quantile(runMetrics.resumeSeconds), legend: '${quantile:text}' },
      ],
      expect: 'fault-only',
      needs: ['run'],
      whyEmpty: 'Nobody was thrown off.',
      width: 8,
    },
    {
      title: 'The ledger: missing, twice, out of order, refused',
      description:
        'Deliveries and messages a second that broke a promise. Live counts; the report’s are final.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [
        { expr: rate(runMetrics.missing), legend: 'missing' },
        { expr: rate(runMetrics.duplicate), legend: 'twice' },
        { expr: rate(runMetrics.outOfOrder), legend: 'out of order' },
        { expr: rate(runMetrics.refused), legend: 'refused' },
      ],
      expect: 'empty-when-healthy',
      needs: ['run'],
      whyEmpty: 'Nothing was missing, came twice, was out of order or refused.',
      width: 12,
    },
    {
      title: 'Errors by kind',
      description: 'What went wrong for users a second.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(runMetrics.errors, { by: ['kind'] }), legend: '{{kind}}' }],
      expect: 'empty-when-healthy',
      needs: ['run'],
      whyEmpty: 'Nothing went wrong.',
      width: 12,
    },
  ],
};

/** An alert about what is missing has no topology. */
function alerts(state: 'firing' | 'pending'): string {
  return `ALERTS{topology=~"$topology|", alertname!="Watchdog", alertstate="${state}"}`;
}
