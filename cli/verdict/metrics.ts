/**
 * What a threshold may be about: each metric, the statistics it has, its unit, and how it is read
 * from a {@link Summary}. The grammar and docs/thresholds.md follow this table.
 */
import type { LatencyMs, LedgerSummary, OpSummary, Summary } from '../samples/summary.ts';
import { faultMetrics } from './fault-metrics.ts';
import { nothing, share } from './metric.ts';
import type { Metric, Observation } from './metric.ts';
import { generatorMetric, serviceMetric } from './service-metrics.ts';

const opNames = ['connect', 'chat.join', 'chat.ack', 'chat.delivery', 'http'] as const;
const opAbout: Readonly<Record<(typeof opNames)[number], string>> = {
  connect: 'from the time a user is due to the open namespace',
  'chat.join': 'from asking to join a room to the ack',
  'chat.ack': 'from the time a message is due to its ack, or to the end of the watch',
  'chat.delivery': 'from the time a message is due to its arrival at a member',
  http: 'from the time a request is due to the whole response, or until it was given up',
};

/** Percentiles by name, with the fewest samples that can hold one: 1/(1−q). */
const percentiles: readonly { name: string; key: keyof LatencyMs; leastSamples: number }[] = [
  { name: 'p50', key: 'p50', leastSamples: 2 },
  { name: 'p90', key: 'p90', leastSamples: 10 },
  { name: 'p95', key: 'p95', leastSamples: 20 },
  { name: 'p99', key: 'p99', leastSamples: 100 },
  { name: 'p99.9', key: 'p999', leastSamples: 1000 },
  { name: 'max', key: 'max', leastSamples: 1 },
];

const ledgerAbout = {
  sent: 'messages sent',
  acked: 'messages the server said it took',
  refused: 'messages the server said it would not take',
  indeterminate: 'messages with no answer that were seen nowhere',
  recovered: 'messages with no answer that were seen after all',
  expected: 'deliveries that were owed: message × member',
  delivered: 'deliveries in time',
  lost: 'deliveries that never came, and acked messages that are not in the log',
  late: 'deliveries after their deadline of 10 s',
  duplicated: 'deliveries that came twice',
  reordered: 'deliveries out of order',
  dropped: 'holes on an unbroken connection, even if healed later',
  neverBack: 'deliveries owed to members that never came back',
  resynced: 'deliveries that came by a refetch',
} as const satisfies Partial<Record<keyof LedgerSummary, string>>;

/** Those that count messages; the others count deliveries. */
const messageCounts: ReadonlySet<string> = new Set([
  'sent',
  'acked',
  'refused',
  'indeterminate',
  'recovered',
]);

const userAbout = {
  planned: 'the highest target of the stages',
  peak: 'the most users in at one time',
  attempted: 'users whose connection was tried',
  refused: 'users the system would not let in',
  lost: 'users thrown off and not back at the end',
  thrownOff: 'users whose connection the system ended at least once',
} as const satisfies Record<keyof Summary['users'], string>;

/** Every metric, in the order of the docs. */
export const metrics: readonly Metric[] = [
  ...opNames.map(opMetric),
  {
    name: 'http.fresh',
    about: 'requests for which a connection was opened',
    statistics: [
      {
        name: 'count',
        unit: '',
        read: readHttp(({ fresh = 0 }) => ({ value: fresh, samples: fresh, leastSamples: 0 })),
      },
      {
        name: 'errors',
        unit: '%',
        read: readHttp(({ fresh = 0, freshErrors = 0 }) => share(freshErrors, fresh)),
      },
    ],
    selects: false,
    isCount: false,
  },
  countMetric(
    'http.reusedResets',
    'requests on a kept connection that was closed before any byte of the answer',
    readHttp(({ count, fresh = 0, reusedResets = 0 }) => ({
      value: reusedResets,
      samples: count - fresh,
      leastSamples: 0,
    })),
  ),
  {
    name: 'errors',
    about: 'share of what users asked for (connect, join, send, HTTP) that failed',
    statistics: [{ name: '', unit: '%', read: readErrors }],
    selects: false,
    isCount: false,
  },
  ...entries(ledgerAbout).map(([key, about]) => ledgerMetric(key, about)),
  ...entries(userAbout).map(([key, about]) => userMetric(key, about)),
  ...faultMetrics,
  serviceMetric(
    'service.cpu',
    'CPU of a service, 100% = one core; max is over windows of 5 s',
    '%',
    [
      ['max', ({ cpuPct }) => cpuPct.max],
      ['avg', ({ cpuPct }) => cpuPct.avg],
    ],
  ),
  serviceMetric('service.rss', 'memory of a service', 'MB', [
    ['max', ({ rssMb }) => rssMb.max],
    ['avg', ({ rssMb }) => rssMb.avg],
  ]),
  serviceMetric('service.loopLag', 'p99 of the event-loop lag of a Node service', 'ms', [
    ['max', ({ loopLagMs }) => loopLagMs],
  ]),
  serviceMetric('service.wait', 'share of the time a service stood in the run queue', '%', [
    ['', ({ waitPct }) => waitPct],
  ]),
  serviceMetric(
    'service.restarts',
    'how often a service ended since the run began, started again or not',
    '',
    [['', ({ restarts }) => restarts]],
    true,
  ),
  {
    name: 'generator.lateSends',
    about: 'share of the sends in hold stages that left over 50 ms late',
    statistics: [{ name: '', unit: '%', read: readLateSends }],
    selects: false,
    isCount: false,
  },
  generatorMetric('generator.cpu', 'CPU of the load workers together', '%', [
    ['', ({ cpuPct }) => cpuPct],
  ]),
  generatorMetric('generator.rss', 'memory of the load workers together', 'MB', [
    ['', ({ rssMb }) => rssMb],
  ]),
  generatorMetric('generator.loopLag', 'event-loop lag of the load workers', 'ms', [
    ['p99', ({ loopLagMs }) => loopLagMs.p99],
    ['max', ({ loopLagMs }) => loopLagMs.max],
  ]),
];

function opMetric(name: (typeof opNames)[number]): Metric {
  const observe =
    (
      read: (
        op: OpSummary,
        summary: Summary,
      ) => { value: number | null; samples: number; leastSamples: number },
    ) =>
    (summary: Summary): Observation => {
      const op = summary.ops[name];
      if (op === undefined) return nothing(`this run did no ${name}`);
      const seen = read(op, summary);
      const note = seen.value === null ? `no ${name} was measured` : `${name} measured`;
      return { ...seen, note, whose: null };
    };
  return {
    name,
    about: opAbout[name],
    statistics: [
      ...percentiles.map(({ name: statistic, key, leastSamples }) => ({
        name: statistic,
        unit: 'ms' as const,
        read: observe((op, summary) => {
          const samples = timed(name, op, summary);
          return { value: samples === 0 ? null : op.latencyMs[key], samples, leastSamples };
        }),
      })),
      // A count of 0 is a finding, not a lack of one.
      {
        name: 'count',
        unit: '',
        read: observe((op) => ({ value: op.count, samples: op.count, leastSamples: 0 })),
      },
      {
        name: 'rate',
        unit: '/s',
        read: observe((op) => ({ value: op.ratePerSec, samples: op.count, leastSamples: 0 })),
      },
      {
        name: 'errors',
        unit: '%',
        read: observe((op) => share(op.errors, op.count)),
      },
    ],
    selects: false,
    isCount: false,
  };
}

/** Of the HTTP requests by connection; a report from before they were told apart has nothing. */
function readHttp(
  read: (op: OpSummary) => Pick<Observation, 'value' | 'samples' | 'leastSamples'>,
): (summary: Summary) => Observation {
  return ({ ops: { http } }) =>
    http?.fresh === undefined
      ? nothing('this run did not tell HTTP requests apart by their connection')
      : { ...read(http), note: 'HTTP requests', whose: null };
}

function ledgerMetric(key: keyof typeof ledgerAbout, about: string): Metric {
  const read = ({ ledger }: Summary): Observation => ({
    value: ledger[key],
    samples: messageCounts.has(key) ? ledger.sent : ledger.expected,
    leastSamples: 1,
    note: messageCounts.has(key) ? 'messages sent' : 'deliveries expected',
    whose: null,
  });
  return countMetric(`ledger.${key}`, about, read);
}

function userMetric(key: keyof typeof userAbout, about: string): Metric {
  const read = ({ users }: Summary): Observation => {
    const value = users[key];
    if (value === undefined) return nothing(`this run did not count ${about}`);
    return {
      value,
      samples: users.attempted,
      leastSamples: 1,
      note: 'users attempted',
      whose: null,
    };
  };
  return countMetric(`users.${key}`, about, read);
}

function countMetric(name: string, about: string, read: (summary: Summary) => Observation): Metric {
  return { name, about, statistics: [{ name: '', unit: '', read }], selects: false, isCount: true };
}

/** A delivery is nobody's request: what is wrong with deliveries is the ledger's to say. */
function readErrors({ ops }: Summary): Observation {
  let errors = 0;
  let attempts = 0;
  for (const [name, op] of Object.entries(ops)) {
    if (name.endsWith('.delivery')) continue;
    errors += op.errors;
    attempts += op.count;
  }
  return { ...share(errors, attempts), note: 'attempts', whose: null };
}

function readLateSends({ generator, holdSends }: Summary): Observation {
  return { ...share(generator.lateSends, holdSends), note: 'sends in hold stages', whose: null };
}

/**
 * `count` has both ends of an operation; only those that ended well have a latency. A send that was
 * never answered has one too, the time it was watched in vain; one that was refused has none. Of HTTP
 * requests it is the least: one that got an error with a status has a latency, and is not counted.
 */
function timed(name: string, op: OpSummary, { ledger }: Summary): number {
  const { count, errors, givenUp = 0 } = op;
  return Math.max(0, count - (name === 'chat.ack' ? ledger.refused : errors - givenUp));
}

function entries<K extends string>(
  table: Readonly<Record<K, string>>,
): readonly (readonly [K, string])[] {
  return Object.entries(table) as [K, string][];
}
