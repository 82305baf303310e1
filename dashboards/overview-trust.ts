import { exporterMetrics, runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { measuredServices } from './observers.ts';
import { noRun } from './overview-words.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, mean, rate, ratio, select, sum } from './promql.ts';
import { targets } from './targets.ts';

/** Whether the generator kept up, and who was the limit. */
export const trustRow: RowSpec = {
  title: 'Can the figures be trusted',
  panels: [
    {
      title: 'Sends that left late',
      description:
        'Share of sends more than 50 ms late. Above 1 % the generator was saturated and the run proves nothing.',
      view: { kind: 'lines' },
      unit: 'percentunit',
      queries: [{ expr: ratio(rate(runMetrics.lateSends), rate(runMetrics.sent)), legend: 'late' }],
      expect: 'data',
      needs: ['run'],
      whyEmpty: noRun,
      target: { atMost: targets.lateShare },
      width: 8,
    },
    {
      title: 'The generator’s own health',
      description: 'Worst event-loop lag of a load worker in the last second.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [{ expr: max(runMetrics.eventLoopLagSeconds), legend: 'event-loop lag' }],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
    {
      title: 'CPU: servers, proxy, Redis, generator',
      description:
        'Cores that each service uses, and the load workers together; what only watches is left out. Target: no server above 0.7 of a core.',
      view: { kind: 'lines' },
      unit: 'cores',
      queries: [
        {
          expr: rate(exporterMetrics.serviceCpuSeconds, {
            where: [measuredServices],
            by: ['service'],
          }),
          legend: '{{service}}',
        },
        { expr: sum(runMetrics.cpuCores), legend: 'load workers' },
      ],
      expect: 'nonzero',
      whyEmpty: 'The exporter was not read: is the system up with monitoring?',
      target: { atMost: targets.cpuCores },
      width: 8,
    },
    {
      title: 'Phases',
      description: 'What the run does: users arrive, stay, leave.',
      view: {
        kind: 'timeline',
        states: { 1: { text: 'now', color: 'blue' } },
      },
      unit: 'bool',
      queries: [{ expr: `${max(runMetrics.phase, { by: ['phase'] })} == 1`, legend: '{{phase}}' }],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
    {
      title: 'Runs',
      description:
        'Every run within this time, with its scenario and the commit it was started from.',
      view: { kind: 'table' },
      unit: 'none',
      queries: [
        {
          expr: `max by (run, scenario, topology, git) (max_over_time(${select(runMetrics.info)}[$__range]))`,
          legend: '{{run}}',
        },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
    {
      title: 'Mean latency: users beside servers',
      description:
        'Means have no bucket edges: where a quantile jumps between two values, look here.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        { expr: mean(runMetrics.deliverySeconds), legend: 'users: delivery' },
        { expr: mean(runMetrics.ackSeconds), legend: 'users: ack' },
        {
          expr: mean(serverMetrics.eventSeconds, { where: ['event="chat:send-message"'] }),
          legend: 'servers: message to ack',
        },
      ],
      expect: 'nonzero',
      needs: ['run'],
      whyEmpty: noRun,
      width: 8,
    },
  ],
};
