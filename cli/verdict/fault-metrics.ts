/** Metrics of what faults did. `fault.resume[ws-2]` picks by node, kind or `kind@node`. */
import type { FaultResult } from '../samples/fault-result.ts';
import type { Summary } from '../samples/summary.ts';
import { nothing } from './metric.ts';
import type { Metric, MetricUnit, Observation } from './metric.ts';

/** Every metric of faults, in the order of the docs. */
export const faultMetrics: readonly Metric[] = [
  countMetric('fault.neverBack', 'clients that a fault threw off and that never came back', '', {
    one: ({ neverResumed }) => neverResumed,
    samples: ({ affected }) => affected,
    note: 'clients affected',
  }),
  countMetric('fault.lostAcked', 'acked messages that a fault took', '', {
    one: ({ lostAcked }) => lostAcked,
    samples: ({ acked }) => acked,
    note: 'messages acked during the fault and soon after',
  }),
  {
    name: 'fault.resume',
    about: 'from the fault to a client being back: caught up, and acked again',
    selects: true,
    isCount: false,
    statistics: (['p50', 'p95', 'p99', 'max'] as const).map((name) => ({
      name,
      unit: 'ms',
      read: (summary, selector) => readResume(summary, selector, name),
    })),
  },
  {
    name: 'fault.mttr',
    about: 'from the fault to the service being as before, for 10 s',
    selects: true,
    isCount: false,
    statistics: [{ name: '', unit: 'ms', read: readMttr }],
  },
  countMetric(
    'fault.downClientSeconds',
    'seconds without service (away, or over 1 s without an ack), summed over the clients',
    '',
    {
      one: ({ downClientSeconds }) => downClientSeconds,
      samples: ({ affected, stalled }) => affected + stalled,
      note: 'clients affected',
    },
  ),
];

type Reading = {
  readonly one: (fault: FaultResult) => number;
  readonly samples: (fault: FaultResult) => number;
  readonly note: string;
};

/** Counts add up over the selected faults. */
function countMetric(name: string, about: string, unit: MetricUnit, reading: Reading): Metric {
  return {
    name,
    about,
    selects: true,
    isCount: true,
    statistics: [
      {
        name: '',
        unit,
        read: (summary, selector) => {
          const chosen = selectFaults(summary, selector);
          if (typeof chosen === 'string') return nothing(chosen);
          return {
            value: chosen.reduce((sum, fault) => sum + reading.one(fault), 0),
            samples: chosen.reduce((sum, fault) => sum + reading.samples(fault), 0),
            // Nobody hit is a finding; whether the fault bit at all is the judge's to ask.
            leastSamples: 0,
            note: reading.note,
            whose: null,
          };
        },
      },
    ],
  };
}

/** With fewer clients than this the percentile (nearest rank) is the slowest of them. */
const fewest = { p50: 2, p95: 20, p99: 100, max: 1 } as const;

/**
 * The worst of the selected faults. Every client that a fault threw off is looked at, not a sample of
 * them: of few the percentile is the slowest client, which is said, and is the stricter bound.
 */
function readResume(
  summary: Summary,
  selector: string | null,
  statistic: keyof typeof fewest,
): Observation {
  const chosen = selectFaults(summary, selector);
  if (typeof chosen === 'string') return nothing(chosen);
  const felt = chosen.filter(({ resumeMs, neverResumed }) => resumeMs.max > 0 || neverResumed > 0);
  const [first, ...more] = felt;
  if (first === undefined) {
    const why = 'nobody lost the connection, so nobody had to come back';
    return { ...nothing(why), vacuous: why };
  }
  const top = more.reduce(
    (a, b) => (resumeOf(b, statistic) > resumeOf(a, statistic) ? b : a),
    first,
  );
  const { affected } = top;
  return {
    value: resumeOf(top, statistic),
    samples: felt.reduce((sum, fault) => sum + fault.affected, 0),
    leastSamples: 1,
    note: 'clients affected',
    whose: chosen.length > 1 ? labelOf(top) : null,
    ...(affected < fewest[statistic] ? { aside: `the slowest of ${affected} clients` } : {}),
  };
}

/**
 * Endless where more never came back than the percentile leaves out: `resumeMs` is of those that did.
 * `affected` are these and those whose sends failed, so that what is endless here surely is.
 */
function resumeOf(
  { resumeMs, neverResumed, affected }: FaultResult,
  statistic: keyof typeof fewest,
): number {
  const leftOut = statistic === 'max' ? 0 : affected / fewest[statistic];
  const nobodyBack = resumeMs.max === 0 && neverResumed > 0;
  return nobodyBack || neverResumed > leftOut ? Infinity : resumeMs[statistic];
}

/** Watched for less than this after a fault's end, a recovery may only not have been seen. */
const leastWatchMs = 1000;

/**
 * A service that was not as before again took at least as long as it was watched: endless. Where one of
 * several recoveries could not be seen, the worst of the others can still fail, and cannot pass.
 */
function readMttr(summary: Summary, selector: string | null): Observation {
  const chosen = selectFaults(summary, selector);
  if (typeof chosen === 'string') return nothing(chosen);
  const isUnseen = ({ mttrMs, watchedMs, at, until }: FaultResult): boolean =>
    mttrMs === null && watchedMs < until - at + leastWatchMs;
  const unseen = chosen.find(isUnseen);
  const why =
    unseen === undefined
      ? ''
      : `the run ended, or the next fault came, too soon after ${labelOf(unseen)}`;
  const [first, ...more] = chosen.filter((fault) => !isUnseen(fault));
  if (first === undefined) return nothing(why);
  const top = more.reduce((a, b) => (mttrOf(b) > mttrOf(a) ? b : a), first);
  return {
    value: mttrOf(top),
    samples: more.length + 1,
    leastSamples: chosen.length,
    note: unseen === undefined ? 'faults' : `recovery seen (${why})`,
    whose: chosen.length > 1 ? labelOf(top) : null,
    isAtLeast: true,
  };
}

function mttrOf({ mttrMs }: FaultResult): number {
  return mttrMs ?? Infinity;
}

/** The faults a selector picks; a sentence when there are none. */
function selectFaults(
  { impact }: Summary,
  selector: string | null,
): readonly [FaultResult, ...FaultResult[]] | string {
  const all = impact?.faults ?? [];
  const [first, ...more] = all.filter((fault) => isPicked(fault, selector));
  if (first !== undefined) return [first, ...more];
  if (all.length === 0) return 'this run had no fault';
  return `no fault is called ${selector}; there are ${all.map(labelOf).join(', ')}`;
}

type FaultName = Pick<FaultResult, 'kind' | 'node'>;

/** Whether a selector means that fault: by node, kind, both or pool. */
export function isPicked(fault: FaultName, selector: string | null): boolean {
  if (selector === null || selector === '*') return true;
  const { node, kind } = fault;
  return [node, kind, labelOf(fault), node.replace(/-\d+$/, '')].includes(selector);
}

/** `kill@ws-2`, as an exception of the ledger names its fault. */
export function faultNamed(label: string): FaultName {
  const [kind = '', node = ''] = label.split('@');
  return { kind, node };
}

function labelOf({ kind, node }: FaultName): string {
  return `${kind}@${node}`;
}
