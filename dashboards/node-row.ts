import { serverMetrics } from '../server/metric-contract.ts';
import { foreign } from './foreign-metrics.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, rate, rateOfSum, sum } from './promql.ts';

const notRead = 'No server was read within this time: is the system up with monitoring?';
const by = ['instance'];
const legend = '{{instance}}';

/** The processes behind the servers; folded, because it is looked at only when something is slow. */
export const nodeRow: RowSpec = {
  title: 'Node processes',
  collapsed: true,
  panels: alike({ ...plainLines, whyEmpty: notRead }, [
    {
      title: 'Event-loop lag',
      description:
        'How late the event loop was since the last scrape: the worst, and the 99th percentile.',
      unit: 's',
      queries: [
        {
          expr: max(serverMetrics.eventLoopLagSeconds, { where: ['stat="max"'], by }),
          legend: `${legend} worst`,
        },
        {
          expr: max(serverMetrics.eventLoopLagSeconds, { where: ['stat="p99"'], by }),
          legend: `${legend} p99`,
        },
      ],
    },
    {
      title: 'CPU of the process',
      description: 'Cores that each server process uses.',
      unit: 'cores',
      queries: [{ expr: rate(foreign.node('process_cpu_seconds_total'), { by }), legend }],
    },
    {
      title: 'Memory: resident and heap in use',
      description: 'A line that only climbs, at a steady number of users, is a leak.',
      unit: 'bytes',
      queries: [
        {
          expr: sum(foreign.node('process_resident_memory_bytes'), { by }),
          legend: `${legend} resident`,
        },
        {
          expr: sum(foreign.node('nodejs_heap_size_used_bytes'), { by }),
          legend: `${legend} heap`,
        },
      ],
    },
    {
      title: 'Garbage collection',
      description: 'Share of its time that each server spends on it.',
      unit: 'percentunit',
      queries: [
        {
          expr: rateOfSum(foreign.node('nodejs_gc_duration_seconds'), { by }),
          legend,
        },
      ],
      expect: 'data',
      whyEmpty: 'No collection has happened yet.',
    },
    {
      title: 'Heap in use by space',
      description: 'Where the heap grows: large objects, code, or plain old ones.',
      view: { kind: 'stacked' },
      unit: 'bytes',
      queries: [
        {
          // Half of them are never used.
          expr: `${sum(foreign.node('nodejs_heap_space_size_used_bytes'), { by: ['space'] })} > 0`,
          legend: '{{space}}',
        },
      ],
    },
    {
      title: 'Age of the process',
      description: 'Time since it began. A drop to zero is a restart.',
      unit: 'dtdurations',
      queries: [
        {
          expr: `time() - ${max(foreign.node('process_start_time_seconds'), { by })}`,
          legend,
        },
      ],
    },
  ]),
};
