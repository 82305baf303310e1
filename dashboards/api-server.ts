import { runMetrics, serverMetrics } from '../server/metric-contract.ts';
import type { DashboardSpec } from './build-dashboard.ts';
import { nodeRow } from './node-row.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { heat, orZero, quantile, rateOfCount, ratio, shareBelow } from './promql.ts';
import { targets } from './targets.ts';

const noTraffic = 'No HTTP request within this time: the scenario may have no HTTP load.';
const by = ['instance'];
const legend = '{{instance}}';
const all = rateOfCount(serverMetrics.httpSeconds);

const requests: RowSpec = {
  title: 'Requests: rate, errors, duration',
  panels: alike({ ...plainLines, needs: ['http'], whyEmpty: noTraffic }, [
    {
      title: 'Requests by server',
      description: 'Answered requests a second: round robin shows as equal lines.',
      unit: 'reqps',
      queries: [{ expr: rateOfCount(serverMetrics.httpSeconds, { by }), legend }],
    },
    {
      title: 'Requests by route',
      description: 'By pattern, never by path.',
      view: { kind: 'stacked' },
      unit: 'reqps',
      queries: [
        {
          expr: `${rateOfCount(serverMetrics.httpSeconds, { by: ['method', 'route'] })} > 0`,
          legend: '{{method}} {{route}}',
        },
      ],
    },
    {
      title: 'Requests by status',
      description: '4xx are refusals, 5xx are the server’s own errors.',
      view: { kind: 'stacked' },
      unit: 'reqps',
      queries: [
        {
          expr: rateOfCount(serverMetrics.httpSeconds, { by: ['status_class'] }),
          legend: '{{status_class}}',
        },
      ],
    },
    {
      title: 'Share of server errors',
      description: '5xx of all answers.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            orZero(rateOfCount(serverMetrics.httpSeconds, { where: ['status_class="5xx"'] }), all),
            all,
          ),
          legend: '5xx',
        },
      ],
      expect: 'data',
      target: { atMost: targets.errorShare },
    },
    {
      title: 'Share answered within 150 ms',
      description: 'Exact: the target lies on a bucket’s bound. Target: 95 %.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: shareBelow(serverMetrics.httpSeconds, targets.httpP95Sec, { by }),
          legend,
        },
      ],
      target: { atLeast: 0.95 },
    },
    {
      title: 'Duration: users beside servers',
      description: 'The chosen quantile. The gap is the proxy, the network, and the generator.',
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.httpSeconds), legend: 'users' },
        { expr: quantile(serverMetrics.httpSeconds), legend: 'servers' },
      ],
      needs: ['run', 'http'],
      target: { atMost: targets.httpP95Sec },
    },
    {
      title: 'All durations',
      description: 'Where the time of requests lies.',
      view: { kind: 'heatmap' },
      unit: 'cps',
      queries: [{ expr: heat(serverMetrics.httpSeconds), legend: '{{le}}' }],
    },
    {
      title: 'Duration by server',
      description: 'The chosen quantile of each server.',
      unit: 's',
      queries: [{ expr: quantile(serverMetrics.httpSeconds, { by }), legend }],
      target: { atMost: targets.httpP95Sec },
    },
    {
      title: 'Duration by route',
      description: 'The chosen quantile of each route, over all servers.',
      unit: 's',
      queries: [
        {
          // A route that nobody asks for has no duration, and no line.
          expr: `${quantile(serverMetrics.httpSeconds, { by: ['method', 'route'] })} >= 0`,
          legend: '{{method}} {{route}}',
        },
      ],
      target: { atMost: targets.httpP95Sec },
    },
  ]),
};

/** The HTTP side of the servers. */
export const apiServer: DashboardSpec = {
  uid: 'rtops-api',
  title: 'rtops: API servers',
  description: 'Are HTTP requests answered, without errors and in time?',
  variables: ['topology', 'instance', 'quantile'],
  rows: [requests, nodeRow],
};
