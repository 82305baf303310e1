import { runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { noRun } from './overview-words.ts';
import type { RowSpec } from './panel-spec.ts';
import { quantile, rate, rateOfCount, sum } from './promql.ts';
import { targets } from './targets.ts';

/** What users waited for, beside what servers did. */
export const latencyRow: RowSpec = {
  title: 'Latency and traffic',
  panels: [
    {
      title: 'Latency: users beside servers',
      description:
        'One quantile of what users waited and of what servers took. A gap between the two is the network, the proxy or the generator.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.deliverySeconds), legend: 'users: delivery' },
        { expr: quantile(runMetrics.ackSeconds), legend: 'users: ack' },
        {
          expr: quantile(serverMetrics.eventSeconds, { where: ['event="chat:send-message"'] }),
          legend: 'servers: message to ack',
        },
        { expr: quantile(serverMetrics.broadcastSeconds), legend: 'servers: broadcast' },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      target: { atMost: targets.deliveryP95Sec },
      width: 12,
      height: 9,
    },
    {
      title: 'Messages: asked for beside sent',
      description:
        'What the scenario asks for, what left, and what was acknowledged. Sent below asked for: the generator is late.',
      view: { kind: 'lines' },
      unit: 'cps',
      queries: [
        { expr: sum(runMetrics.targetRate), legend: 'asked for' },
        { expr: sum(runMetrics.actualRate), legend: 'sent' },
        { expr: rate(runMetrics.acked), legend: 'acknowledged' },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 12,
      height: 9,
    },
    {
      title: 'Users: asked for beside connected',
      description: 'What the scenario asks for and who is connected. A dip is users thrown off.',
      view: { kind: 'lines' },
      unit: 'short',
      queries: [
        { expr: sum(runMetrics.targetUsers), legend: 'asked for' },
        { expr: sum(runMetrics.activeUsers), legend: 'connected' },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
    {
      title: 'Connections by server',
      description: 'Where users are. After a loss the others take them over.',
      view: { kind: 'stacked' },
      unit: 'short',
      queries: [
        { expr: sum(serverMetrics.connections, { by: ['instance'] }), legend: '{{instance}}' },
      ],
      expect: 'nonzero',
      whyEmpty: 'No server was read within this time: is the system up with monitoring?',
      width: 8,
    },
    {
      title: 'Deliveries',
      description: 'Messages that arrived at recipients, a second: fan-out included.',
      view: { kind: 'lines' },
      unit: 'cps',
      queries: [{ expr: rate(runMetrics.delivered), legend: 'deliveries' }],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
    {
      title: 'Time to connect',
      description: 'From a connection being due to being let in: median and the chosen quantile.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.connectSeconds, { q: '0.5' }), legend: 'median' },
        { expr: quantile(runMetrics.connectSeconds), legend: 'p $quantile' },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
    {
      title: 'HTTP: users beside servers',
      description: 'What users waited for HTTP answers, and what the servers took for them.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.httpSeconds), legend: 'users' },
        { expr: quantile(serverMetrics.httpSeconds), legend: 'servers' },
      ],
      expect: 'nonzero',
      needs: ['run', 'http'],
      whyEmpty: 'The scenario has no HTTP load, or there is no run within this time.',
      target: { atMost: targets.httpP95Sec },
      width: 8,
    },
    {
      title: 'HTTP requests',
      description: 'Answers to users a second, beside what went wrong.',
      view: { kind: 'lines' },
      unit: 'reqps',
      queries: [{ expr: rateOfCount(runMetrics.httpSeconds), legend: 'answered' }],
      expect: 'nonzero',
      needs: ['run', 'http'],
      whyEmpty: 'The scenario has no HTTP load, or there is no run within this time.',
      width: 8,
    },
  ],
};
