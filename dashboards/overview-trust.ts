import { exporterMetrics, runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { measuredServices } from './observers.ts';
import { noRun } from './overview-words.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, maxWithin, mean, rate, ratio, sum } from './promql.ts';
import { targets } from './targets.ts';

/** Whether the generator kept up, and who was the limit. */
export const trustRow: RowSpec = {
  title: 'Can the figures be trusted',
  panels: alike({ ...plainLines, needs: ['run'], whyEmpty: noRun }, [
    {
      title: 'Sends that left late',
      description:
        'Share of sends more than 50 ms late. Above 1 % the generator was saturated and the run proves nothing.',
      unit: 'percentunit',
      queries: [{ expr: ratio(rate(runMetrics.lateSends), rate(runMetrics.sent)), legend: 'late' }],
      expect: 'data',
      target: { atMost: targets.lateShare },
    },
    {
      title: 'The generator’s own health',
      description: 'Worst event-loop lag of a load worker in the last second.',
      unit: 's',
      queries: [{ expr: max(runMetrics.eventLoopLagSeconds), legend: 'event-loop lag' }],
    },
    {
      title: 'CPU: servers, proxy, Redis, generator',
      description:
        'Cores that each service uses, and the load workers together; what only watches is left out. Target: no server above 0.7 of a core.',
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
      whyEmpty: 'The exporter was not read: is the system up with monitoring?',
      target: { atMost: targets.cpuCores },
      needs: [],
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
    },
    {
      title: 'Runs',
      description:
        'Every run within this time, with its scenario and the commit it was started from.',
      view: { kind: 'table' },
      unit: 'none',
      queries: [
        {
          expr: maxWithin(runMetrics.info, ['run', 'scenario', 'topology', 'git']),
          legend: '{{run}}',
        },
      ],
    },
    {
      title: 'Mean latency: users beside servers',
      description:
        'Means have no bucket edges: where a quantile jumps between two values, look here.',
      unit: 's',
      queries: [
        { expr: mean(runMetrics.deliverySeconds), legend: 'users: delivery' },
        { expr: mean(runMetrics.ackSeconds), legend: 'users: ack' },
        {
          expr: mean(serverMetrics.eventSeconds, { where: ['event="chat:send-message"'] }),
          legend: 'servers: message to ack',
        },
      ],
    },
  ]),
};
