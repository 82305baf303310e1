import { exporterMetrics, serverMetrics } from '../server/metric-contract.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, quantile, rate, sum } from './promql.ts';

const notRead = 'No chat server was read within this time: is the system up with monitoring?';
const noTraffic = 'Nobody has sent anything within this time.';
const by = ['instance'];
const legend = '{{instance}}';

/** What a chat server waits for: Redis, the other nodes, slow clients. */
export const betweenRow: RowSpec = {
  title: 'Between nodes, and to slow clients',
  panels: alike({ ...plainLines, whyEmpty: notRead }, [
    {
      title: 'Broadcast',
      description: 'Writing one message to the members of its room on a node: the chosen quantile.',
      unit: 's',
      queries: [{ expr: quantile(serverMetrics.broadcastSeconds, { by }), legend }],
      whyEmpty: noTraffic,
    },
    {
      title: 'From the storing node to this one',
      description: 'Over Redis, by one host clock: the chosen quantile.',
      unit: 's',
      queries: [{ expr: quantile(serverMetrics.adapterLagSeconds, { by }), legend }],
      needs: ['redis', 'log'],
      whyEmpty: 'No Redis, the message path adapter, or no message within this time.',
    },
    {
      title: 'Requests to Redis that failed',
      description: 'Refused or not answered in time, the probe twice a second included.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(serverMetrics.adapterErrors, { by }), legend }],
      expect: 'empty-when-healthy',
      needs: ['redis'],
      whyEmpty: 'Redis always answered.',
    },
    {
      title: 'Ping to pong',
      description: 'The chosen quantile: the network and the client’s event loop together.',
      unit: 's',
      queries: [{ expr: quantile(serverMetrics.pingRttSeconds, { by }), legend }],
      expect: 'empty-when-healthy',
      whyEmpty: 'A pingInterval has not passed since the first connection.',
    },
    {
      title: 'Bytes waiting for slow clients',
      description:
        'What is queued, over all connections. A climb is a client, or a network, that does not keep up.',
      unit: 'bytes',
      queries: [{ expr: sum(serverMetrics.sendBufferBytes, { by }), legend }],
      expect: 'data',
    },
    {
      title: 'Slow clients closed',
      description: 'Connections closed because their client stopped reading.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(serverMetrics.slowClientsClosed, { by }), legend }],
      expect: 'empty-when-healthy',
      whyEmpty: 'All clients keep up.',
    },
    {
      title: 'Redis seen by each server',
      description: 'Whether Redis answers it.',
      view: {
        kind: 'timeline',
        states: { 0: { text: 'silent', color: 'red' }, 1: { text: 'answers', color: 'green' } },
      },
      unit: 'bool',
      queries: [{ expr: max(serverMetrics.redisUp, { by }), legend }],
      needs: ['redis'],
      whyEmpty: 'No server of this topology uses Redis.',
      height: 6,
    },
    {
      title: 'Draining',
      description: 'From SIGTERM on, a server hands its users over.',
      view: {
        kind: 'timeline',
        states: { 0: { text: 'serves', color: 'green' }, 1: { text: 'drains', color: 'orange' } },
      },
      unit: 'bool',
      queries: [{ expr: max(serverMetrics.draining, { by }), legend }],
      expect: 'data',
      height: 6,
    },
    {
      title: 'Restarts',
      description: 'Times the supervisor started a service again, since it was brought up.',
      unit: 'short',
      queries: [
        {
          expr: `${sum(exporterMetrics.serviceRestarts, { by: ['service'] })} > 0`,
          legend: '{{service}}',
        },
      ],
      expect: 'restart-only',
      whyEmpty: 'Nothing was restarted.',
      height: 6,
    },
    {
      title: 'Who runs',
      description: 'Server processes with role and version.',
      view: { kind: 'table' },
      unit: 'none',
      queries: [{ expr: max(serverMetrics.info, { by: ['instance', 'role', 'version'] }), legend }],
      width: 24,
      height: 6,
    },
  ]),
};
