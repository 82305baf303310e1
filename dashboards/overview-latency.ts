import { runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { noRun } from './overview-words.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { quantile, rate, rateOfCount, sum } from './promql.ts';
import { targets } from './targets.ts';

/** What users waited for, beside what servers did. */
export const latencyRow: RowSpec = {
  title: 'Latency and traffic',
  panels: alike({ ...plainLines, needs: ['run'], whyEmpty: noRun }, [
    {
      title: 'Latency: users beside servers',
      description:
        'One quantile of what users waited and of what servers took. A gap between the two is the network, the proxy or the generator.',
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
      target: { atMost: targets.deliveryP95Sec },
      width: 12,
      height: 9,
    },
    {
      title: 'Messages: asked for beside sent',
      description:
        'What the scenario asks for, what left, and what was acknowledged. Sent below asked for: the generator is late.',
      unit: 'cps',
      queries: [
        { expr: sum(runMetrics.targetRate), legend: 'asked for' },
        { expr: sum(runMetrics.actualRate), legend: 'sent' },
        { expr: rate(runMetrics.acked), legend: 'acknowledged' },
      ],
      width: 12,
      height: 9,
    },
    {
      title: 'Users: asked for beside connected',
      description: 'What the scenario asks for and who is connected. A dip is users thrown off.',
      unit: 'short',
      queries: [
        { expr: sum(runMetrics.targetUsers), legend: 'asked for' },
        { expr: sum(runMetrics.activeUsers), legend: 'connected' },
      ],
    },
    {
      title: 'Connections by server',
      description: 'Where users are. After a loss the others take them over.',
      view: { kind: 'stacked' },
      unit: 'short',
      queries: [
        { expr: sum(serverMetrics.connections, { by: ['instance'] }), legend: '{{instance}}' },
      ],
      whyEmpty: 'No server was read within this time: is the system up with monitoring?',
      needs: [],
    },
    {
      title: 'Deliveries',
      description: 'Messages that arrived at recipients, a second: fan-out included.',
      unit: 'cps',
      queries: [{ expr: rate(runMetrics.delivered), legend: 'deliveries' }],
    },
    {
      title: 'Time to connect',
      description: 'From a connection being due to being let in: median and the chosen quantile.',
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.connectSeconds, { q: '0.5' }), legend: 'median' },
        { expr: quantile(runMetrics.connectSeconds), legend: '${quantile:text}' },
      ],
    },
    {
      title: 'HTTP: users beside servers',
      description: 'What users waited for HTTP answers, and what the servers took for them.',
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.httpSeconds), legend: 'users' },
        { expr: quantile(serverMetrics.httpSeconds), legend: 'servers' },
      ],
      needs: ['run', 'http'],
      whyEmpty: 'The scenario has no HTTP load, or there is no run within this time.',
      target: { atMost: targets.httpP95Sec },
    },
    {
      title: 'HTTP requests',
      description: 'Answers to users a second.',
      unit: 'reqps',
      queries: [{ expr: rateOfCount(runMetrics.httpSeconds), legend: 'answered' }],
      needs: ['run', 'http'],
      whyEmpty: 'The scenario has no HTTP load, or there is no run within this time.',
    },
  ]),
};
