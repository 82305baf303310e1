import { exporterMetrics } from '../server/metric-contract.ts';
import type { DashboardSpec } from './build-dashboard.ts';
import { foreign } from './foreign-metrics.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, mostGrown, orZero, rate, ratio, sum } from './promql.ts';

const notRead = 'Redis was not read: a topology without Redis, or one without monitoring.';
const needs = ['redis'] as const;
/** Those of the servers; the exporter's own questions are left out. */
const where = ['cmd!~"(client|config|latency|slowlog|command|memory|info|role).*"'];
const shape = { where, by: ['cmd'] };
const calls = rate(foreign.redis('redis_commands_total'), shape);
const seconds = rate(foreign.redis('redis_commands_duration_seconds_total'), shape);
/** So many have a line of their own: with the others' there are colours for all. */
const named = 8;
const mostCalled = mostGrown(foreign.redis('redis_commands_total'), named, shape);
const mostWork = mostGrown(foreign.redis('redis_commands_duration_seconds_total'), named, shape);
const answers = max(foreign.redis('redis_up'));

const work: RowSpec = {
  title: 'Work',
  panels: alike({ ...plainLines, needs, whyEmpty: notRead }, [
    {
      title: 'Redis',
      description: 'Whether it answers its exporter.',
      view: {
        kind: 'timeline',
        states: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } },
      },
      unit: 'bool',
      queries: [
        { expr: max(foreign.redis('redis_up'), { by: ['instance'] }), legend: '{{instance}}' },
      ],
      width: 12,
      height: 4,
    },
    {
      title: 'On disk',
      description: 'Whether the last write of the append-only file went well, where there is one.',
      view: {
        kind: 'timeline',
        states: { 0: { text: 'failed', color: 'red' }, 1: { text: 'written', color: 'green' } },
      },
      unit: 'bool',
      queries: [
        {
          expr: max(foreign.redis('redis_aof_last_write_status'), { by: ['instance'] }),
          legend: '{{instance}}',
        },
      ],
      width: 12,
      height: 4,
    },
    {
      title: 'Commands',
      description:
        'Calls a second by command, of the eight most called; without the exporter’s own.',
      view: { kind: 'stacked' },
      unit: 'cps',
      queries: [
        { expr: `${calls} and ${mostCalled}`, legend: '{{cmd}}' },
        {
          expr: orZero(`sum(${calls} unless ${mostCalled})`, answers),
          legend: 'all others',
          mayBeZero: true,
        },
      ],
    },
    {
      title: 'Time per call',
      description:
        'Mean time inside Redis by command, of the eight that take most of it. Waiting in line is not in it.',
      unit: 's',
      queries: [
        { expr: `${ratio(seconds, calls)} and ${mostWork}`, legend: '{{cmd}}' },
        {
          expr: orZero(
            ratio(`sum(${seconds} unless ${mostWork})`, `sum(${calls} unless ${mostWork})`),
            answers,
          ),
          legend: 'all others',
          mayBeZero: true,
        },
      ],
    },
    {
      title: 'Channels and patterns',
      description:
        'Channels with a subscriber: about one for each room with somebody in it, per node.',
      unit: 'short',
      queries: [
        { expr: sum(foreign.redis('redis_pubsub_channels')), legend: 'channels' },
        { expr: sum(foreign.redis('redis_pubsub_patterns')), legend: 'patterns', mayBeZero: true },
      ],
    },
    {
      title: 'Messages published',
      description: 'PUBLISH calls a second, those inside of scripts included.',
      unit: 'cps',
      queries: [
        {
          expr: rate(foreign.redis('redis_commands_total'), {
            where: ['cmd=~"s?publish"'],
            by: ['cmd'],
          }),
          legend: '{{cmd}}',
        },
      ],
      whyEmpty: 'Nothing was published yet.',
      width: 12,
    },
    {
      title: 'Network',
      description: 'Bytes a second in and out. Out grows with the number of nodes that subscribe.',
      unit: 'Bps',
      queries: [
        { expr: rate(foreign.redis('redis_net_input_bytes_total')), legend: 'in' },
        { expr: rate(foreign.redis('redis_net_output_bytes_total')), legend: 'out' },
      ],
      width: 12,
    },
  ]),
};

const limits: RowSpec = {
  title: 'Limits',
  panels: alike({ ...plainLines, needs, whyEmpty: notRead }, [
    {
      title: 'CPU of the main thread',
      description: 'Cores of the main thread, which runs all commands: near 1 it is the limit.',
      unit: 'cores',
      queries: [
        {
          expr: `${rate(foreign.redis('redis_cpu_user_main_thread_seconds_total'))} + ${rate(foreign.redis('redis_cpu_sys_main_thread_seconds_total'))}`,
          legend: 'main thread',
        },
      ],
    },
    {
      title: 'Memory',
      description: 'In use, and resident for the system.',
      unit: 'bytes',
      queries: [
        { expr: sum(foreign.redis('redis_memory_used_bytes')), legend: 'in use' },
        {
          expr: sum(exporterMetrics.serviceResidentBytes, { where: ['service="redis"'] }),
          legend: 'resident',
        },
      ],
    },
    {
      title: 'Clients',
      description: 'Connected, and blocked in a waiting command.',
      unit: 'short',
      queries: [
        { expr: sum(foreign.redis('redis_connected_clients')), legend: 'connected' },
        { expr: sum(foreign.redis('redis_blocked_clients')), legend: 'blocked', mayBeZero: true },
      ],
    },
    {
      title: 'Keys',
      description: 'Keys, and those that go away by themselves.',
      unit: 'short',
      queries: [
        { expr: sum(foreign.redis('redis_db_keys')), legend: 'keys' },
        {
          expr: sum(foreign.redis('redis_db_keys_expiring')),
          legend: 'with an end',
          mayBeZero: true,
        },
      ],
      width: 12,
    },
    {
      title: 'Refused, evicted, failed',
      description:
        'Connections refused for being too many, keys thrown out for memory, commands that failed.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [
        { expr: rate(foreign.redis('redis_rejected_connections_total')), legend: 'refused' },
        { expr: rate(foreign.redis('redis_evicted_keys_total')), legend: 'evicted' },
        { expr: rate(foreign.redis('redis_commands_failed_calls_total')), legend: 'failed' },
      ],
      expect: 'empty-when-healthy',
      whyEmpty: 'Nothing was refused, evicted or failed.',
      width: 12,
    },
  ]),
};

/** What holds the messages between nodes. */
export const redis: DashboardSpec = {
  uid: 'rtops-redis',
  title: 'rtops: Redis',
  description: 'Is Redis up, how busy is it, and how far is it from its limits?',
  variables: ['topology'],
  rows: [work, limits],
};
