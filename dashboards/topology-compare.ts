import { exporterMetrics, runMetrics, serverMetrics } from '../server/metric-contract.ts';
import type { DashboardSpec } from './build-dashboard.ts';
import { measuredServices } from './observers.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { PanelSpec, RowSpec } from './panel-spec.ts';
import {
  maxWithin,
  orZero,
  quantile,
  quantileOfRun,
  rate,
  rateOfCount,
  ratio,
  sum,
} from './promql.ts';
import { targets } from './targets.ts';

const noRun = 'No run of these topologies within this time.';
const by = ['topology'];
const legend = '{{topology}}';
const sent = sum(runMetrics.sent, { by });

/** One bar for each topology: its latest run within the time. */
const bars: RowSpec = {
  title: 'Side by side: the latest run of each',
  panels: [
    bar({
      title: 'Delivery p99',
      description: 'From a message being due to its arrival at a recipient, over the whole run.',
      unit: 's',
      expr: quantileOfRun(runMetrics.deliverySeconds, '0.99', by),
      expect: 'nonzero',
    }),
    bar({
      title: 'Ack p99',
      description: 'From a message being due to its ack, over the whole run.',
      unit: 's',
      expr: quantileOfRun(runMetrics.ackSeconds, '0.99', by),
      expect: 'nonzero',
    }),
    bar({
      title: 'Missing deliveries',
      description: 'As users saw them, as a share of all deliveries; the report’s ledger is exact.',
      unit: 'percentunit',
      expr: ratio(orZero(sum(runMetrics.missing, { by }), sent), sum(runMetrics.delivered, { by })),
      expect: 'data',
    }),
    bar({
      title: 'Back after a loss, p99',
      description: 'From a connection being lost to its user having all that was missed.',
      unit: 's',
      expr: quantileOfRun(runMetrics.resumeSeconds, '0.99', by),
      expect: 'fault-only',
      whyEmpty: 'Nobody was thrown off.',
    }),
  ],
};

const overTime: RowSpec = {
  title: 'Over time',
  panels: alike({ ...plainLines, needs: ['run'], whyEmpty: noRun }, [
    {
      title: 'Delivery',
      description: 'The chosen quantile of each topology.',
      unit: 's',
      queries: [{ expr: quantile(runMetrics.deliverySeconds, { by }), legend }],
      target: { atMost: targets.deliveryP95Sec },
    },
    {
      title: 'Users',
      description: 'Connected users of each topology.',
      unit: 'short',
      queries: [{ expr: sum(runMetrics.activeUsers, { by }), legend }],
    },
    {
      title: 'Deliveries',
      description: 'Messages that arrived at recipients, a second.',
      unit: 'cps',
      queries: [{ expr: rate(runMetrics.delivered, { by }), legend }],
    },
    {
      title: 'CPU of all services',
      description:
        'What a topology costs, without what only watches it. More processes on few cores are punished: say so when you compare.',
      unit: 'cores',
      queries: [
        {
          expr: rate(exporterMetrics.serviceCpuSeconds, { where: [measuredServices], by }),
          legend,
        },
      ],
      whyEmpty: 'The exporter was not read.',
      needs: [],
    },
    {
      title: 'CPU time per 1,000 deliveries',
      description: 'Server-side seconds of CPU that 1,000 deliveries cost, all services together.',
      unit: 's',
      queries: [
        {
          expr: ratio(
            `1000 * ${rate(exporterMetrics.serviceCpuSeconds, { where: [measuredServices], by })}`,
            rate(runMetrics.delivered, { by }),
          ),
          legend,
        },
      ],
    },
    {
      title: 'Memory of all services',
      description: 'Resident, all services of a topology together.',
      unit: 'bytes',
      queries: [
        {
          expr: sum(exporterMetrics.serviceResidentBytes, { where: [measuredServices], by }),
          legend,
        },
      ],
      whyEmpty: 'The exporter was not read.',
      needs: [],
    },
  ]),
};

const each: RowSpec = {
  title: 'Each topology by itself',
  panels: [
    {
      title: 'Latency: $topology',
      description: 'Users beside servers: the chosen quantile.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        { expr: quantile(runMetrics.deliverySeconds), legend: 'users: delivery' },
        { expr: quantile(runMetrics.ackSeconds), legend: 'users: ack' },
        {
          expr: quantile(serverMetrics.eventSeconds, { where: ['event="chat:send-message"'] }),
          legend: 'servers: message to ack',
        },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      target: { atMost: targets.deliveryP95Sec },
      repeat: 'topology',
      width: 12,
    },
  ],
};

const runs: RowSpec = {
  title: 'Runs',
  panels: [
    {
      title: 'Runs of these topologies',
      description: 'Within this time, with scenario and commit.',
      view: { kind: 'table' },
      unit: 'none',
      queries: [
        {
          expr: maxWithin(runMetrics.info, ['run', 'scenario', 'topology', 'git']),
          legend: '{{run}}',
        },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 12,
    },
    {
      title: 'HTTP requests',
      description: 'Answers a second of each topology’s servers.',
      view: { kind: 'lines' },
      unit: 'reqps',
      queries: [{ expr: rateOfCount(serverMetrics.httpSeconds, { by }), legend }],
      expect: 'nonzero',
      needs: ['http'],
      whyEmpty: 'No HTTP request within this time.',
      width: 12,
    },
  ],
};

/** Several topologies under the same scenario. */
export const topologyCompare: DashboardSpec = {
  uid: 'rtops-compare',
  title: 'rtops: topologies compared',
  description: 'Which topology is faster, loses less, and costs less?',
  variables: ['topologies', 'instance', 'quantile'],
  rows: [bars, overTime, runs, each],
};

type Bar = Pick<PanelSpec, 'title' | 'description' | 'unit' | 'expect'> & {
  readonly expr: string;
  readonly whyEmpty?: string;
};

function bar({ expr, ...spec }: Bar): PanelSpec {
  return {
    whyEmpty: noRun,
    ...spec,
    view: { kind: 'bar-gauge' },
    queries: [{ expr, legend }],
    needs: ['run'],
    width: 6,
    height: 6,
  };
}
