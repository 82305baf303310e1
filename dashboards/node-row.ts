import { serverMetrics } from '../server/metric-contract.ts';
import { foreign } from './foreign-metrics.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, rate, select, sum } from './promql.ts';

const notRead = 'No server was read within this time: is the system up with monitoring?';
const by = ['instance'];
const legend = '{{instance}}';

/** The processes behind the servers; folded, because it is looked at only when something is slow. */
export const nodeRow: RowSpec = {
  title: 'Node processes',
  collapsed: true,
  panels: [
    {
      title: 'Event-loop lag',
      description:
        'How late the event loop was since the last scrape: the worst, and the 99th percentile.',
      view: { kind: 'lines' },
      unit: 's',
      queries: [
        {
          expr: max(serverMetrics.eventLoopLagSeconds, { where: ['quantile="1"'], by }),
          legend: `${legend} worst`,
        },
        {
          expr: max(serverMetrics.eventLoopLagSeconds, { where: ['quantile="0.99"'], by }),
          legend: `${legend} p99`,
        },
      ],
      expect: 'nonzero',
      whyEmpty: notRead,
      width: 8,
    },
    {
      title: 'CPU of the process',
      description: 'Cores that each server process uses.',
      view: { kind: 'lines' },
      unit: 'cores',
      queries: [{ expr: rate(foreign.node('process_cpu_seconds_total'), { by }), legend }],
      expect: 'nonzero',
      whyEmpty: notRead,
      width: 8,
    },
    {
      title: 'Memory: resident and heap in use',
      description: 'A line that only climbs, at a steady number of users, is a leak.',
      view: { kind: 'lines' },
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
      expect: 'nonzero',
      whyEmpty: notRead,
      width: 8,
    },
    {
      title: 'Garbage collection',
      description: 'Share of time that each kind of collection takes.',
      view: { kind: 'stacked' },
      unit: 'percentunit',
      queries: [
        {
          expr: `sum by (instance, kind) (rate(${select(foreign.node('nodejs_gc_duration_seconds'), [], '_sum')}[$__rate_interval]))`,
          legend: `${legend} {{kind}}`,
        },
      ],
      expect: 'data',
      whyEmpty: 'No collection has happened yet.',
      width: 8,
    },
    {
      title: 'Heap in use by space',
      description: 'Where the heap grows: large objects, code, or plain old ones.',
      view: { kind: 'stacked' },
      unit: 'bytes',
      queries: [
        {
          expr: sum(foreign.node('nodejs_heap_space_size_used_bytes'), { by: ['space'] }),
          legend: '{{space}}',
        },
      ],
      expect: 'nonzero',
      whyEmpty: notRead,
      width: 8,
    },
    {
      title: 'Age of the process',
      description: 'Time since it began. A drop to zero is a restart.',
      view: { kind: 'lines' },
      unit: 'dtdurations',
      queries: [
        {
          expr: `time() - ${max(foreign.node('process_start_time_seconds'), { by })}`,
          legend,
        },
      ],
      expect: 'nonzero',
      whyEmpty: notRead,
      width: 8,
    },
  ],
};
