/** Holds the figures of a report against those derived again from its history. */
import type { FaultImpact, FaultResult } from './fault-result.ts';
import type { FaultRecount } from './recount-faults.ts';
import type { IsolationRecount } from './recount-isolation.ts';
import type { Recount } from './recount.ts';
import type { LatencyMs, LedgerSummary, OpSummary, UserCounts } from './summary.ts';
import type { WindowLatency } from './window-latency.ts';

/** The figures of a report that the history can prove. */
export type ReportedFigures = {
  readonly ledger: LedgerSummary;
  readonly ops: Readonly<Record<string, OpSummary>>;
  /** Left out: not compared. */
  readonly users?: UserCounts | undefined;
  /**
   * A load worker was cut short (killed, or the run ended at once by a second Ctrl-C): its last second
   * may be in the history and not in the counters, or the other way round. An orderly Ctrl-C is no such
   * end: every worker hands in everything.
   */
  readonly cutShort: boolean;
  /** Whether the report says that every log was read to its end. Left out: not compared. */
  readonly isReadToEnd?: boolean | undefined;
  /** Of a run with faults. */
  readonly faults?: readonly FaultResult[] | undefined;
  readonly impact?: Omit<FaultImpact, 'faults'> | undefined;
  /** Of a flood, or of faults of one pool. */
  readonly isolations?: readonly WindowLatency[] | undefined;
};

/** One figure both ways. `cut` = they differ by no more than one second of it can hold. */
export type FigureCheck = {
  /** As thresholds name it: `ledger.lost`, `chat.ack p95`. */
  readonly metric: string;
  readonly reported: number;
  readonly recounted: number;
  readonly agrees: 'yes' | 'no' | 'cut';
};

/**
 * Counts must be equal; latencies within what the histogram keeps: 3 significant digits (0.1 %), and
 * 3 µs for the rounding of due times to whole µs.
 */
export function compareRecount(reported: ReportedFigures, recounted: Recount): FigureCheck[] {
  return [
    ...ledgerChecks(reported.ledger, recounted),
    ...(reported.isReadToEnd === true
      ? [check('rooms without a final read', 0, recounted.unreadRooms)]
      : []),
    ...opChecks(reported, recounted),
    ...userChecks(reported, recounted),
    ...impactChecks(reported, recounted.impact),
    ...recounted.isolations.flatMap((seen, i) => isolationChecks(reported, i, seen)),
  ];
}

const ledgerCounts = [
  'sent',
  'acked',
  'refused',
  'indeterminate',
  'recovered',
  'expected',
  'delivered',
  'lost',
  'late',
  'duplicated',
  'reordered',
  'dropped',
  'neverBack',
  'resynced',
] as const;

const latencyKeys = ['p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;

function ledgerChecks(ledger: LedgerSummary, recounted: Recount): FigureCheck[] {
  const figures = ledgerCounts.map((name) =>
    check(`ledger.${name}`, ledger[name], recounted.ledger[name]),
  );
  return [...figures, check('records of no known kind', 0, recounted.unknownRecords)];
}

/**
 * Where a worker was cut short a count may differ by the records of a second, and the latencies of an
 * operation whose count does differ are those of other measurements.
 */
function opChecks({ ops, cutShort }: ReportedFigures, recounted: Recount): FigureCheck[] {
  return Object.entries(recounted.ops).flatMap(([name, seen]) => {
    const op = ops[name];
    // A protocol that does not measure this operation leaves it out; the history must have none.
    if (op === undefined) return seen.count === 0 ? [] : [check(`${name} count`, 0, seen.count)];
    const counts = [
      check(`${name} count`, op.count, seen.count),
      check(`${name} errors`, op.errors, seen.errors),
      ...(name === 'http' ? connectionChecks(op, recounted.http) : []),
    ];
    const latencies = [
      ...latencyChecks(name, op.latencyMs, seen.latencyMs),
      ...latencyChecks(`${name} service`, op.serviceMs, seen.serviceMs),
    ];
    if (!cutShort) return [...counts, ...latencies];
    const bounded = counts.map((one) => cutWithin(one, recounted.busiestSeconds));
    const differ = bounded.some(({ agrees }) => agrees !== 'yes');
    // An overdue ack that came in that second has another latency, and the same count.
    const open = name === 'chat.ack' || name === 'chat.delivery';
    return [
      ...bounded,
      ...latencies.map((one) => (differ || open ? cutWithin(one, Infinity) : one)),
    ];
  });
}

function cutWithin(one: FigureCheck, most: number): FigureCheck {
  if (one.agrees === 'yes' || Math.abs(one.reported - one.recounted) > most) return one;
  return { ...one, agrees: 'cut' };
}

/** Whom a worker that was cut short refused or lost is not in its last report. */
function userChecks({ users, cutShort }: ReportedFigures, recounted: Recount): FigureCheck[] {
  if (users === undefined) return [];
  return (['attempted', 'refused', 'lost', 'thrownOff'] as const).flatMap((name) => {
    const reported = users[name];
    if (reported === undefined) return [];
    const one = check(`users.${name}`, reported, recounted.users[name]);
    return [cutShort ? cutWithin(one, recounted.busiestSeconds) : one];
  });
}

/** A report from before they were counted has none of them. */
function connectionChecks(op: OpSummary, seen: Recount['http']): FigureCheck[] {
  return (['fresh', 'freshErrors', 'reusedResets', 'givenUp'] as const).flatMap((name) => {
    const reported = op[name];
    return reported === undefined ? [] : [check(`http ${name}`, reported, seen[name])];
  });
}

function latencyChecks(name: string, reported: LatencyMs, recounted: LatencyMs): FigureCheck[] {
  return latencyKeys.map((key) => {
    const slack = recounted[key] * 0.001 + 0.003;
    return check(`${name} ${key}`, reported[key], recounted[key], slack);
  });
}

/** Every figure of a fault that the history can prove, under the fault's number and name. */
function impactChecks(
  { faults = [], impact }: ReportedFigures,
  recounted: FaultRecount | undefined,
): FigureCheck[] {
  if (recounted === undefined) return [];
  const ofFaults = faults.flatMap((fault, i) =>
    Object.entries(recounted.faults[i] ?? {}).map(([name, seen]) =>
      check(
        `fault ${i + 1} ${fault.kind}@${fault.node} ${name}`,
        faultFigure(fault, name),
        seen,
        timeSlack,
      ),
    ),
  );
  if (impact === undefined) return ofFaults;
  const { baseline, availability } = impact;
  const reported: Readonly<Record<string, number>> = {
    'baseline fromMs': baseline.fromMs,
    'baseline due': baseline.due,
    'baseline ackP99Ms': baseline.ackP99Ms,
    'baseline goodWithinMs': baseline.goodWithinMs,
    'availability ops': availability.ops,
    'availability slots': availability.slots,
    'availability clients': availability.clients,
  };
  const ofRun = Object.entries(recounted.run).map(([name, seen]) =>
    check(
      name,
      reported[name] ?? Number.NaN,
      seen,
      name.startsWith('avail') ? shareSlack : timeSlack,
    ),
  );
  return [...ofFaults, ...ofRun];
}

/** A report from before failed sends were counted has none of them. */
function isolationChecks(
  { isolations = [] }: ReportedFigures,
  index: number,
  recounted: IsolationRecount,
): FigureCheck[] {
  return (['inside', 'outside'] as const).flatMap((name) => {
    const [reported, seen] = [isolations[index]?.[name], recounted[name]];
    const which = `isolation ${index + 1} ${name}`;
    if (reported === undefined) return [check(which, Number.NaN, seen.acks)];
    const counts = (['acks', 'acksFailed', 'https', 'httpFailed'] as const).flatMap((key) => {
      const count = reported[key];
      return count === undefined ? [] : [check(`${which} ${key}`, count, seen[key])];
    });
    return [
      ...counts,
      ...latencyChecks(`${which} chat.ack`, reported.ackMs, seen.ackMs),
      ...latencyChecks(`${which} http`, reported.httpMs, seen.httpMs),
    ];
  });
}

/** Times are kept to the µs; sums and shares of them differ by how they were added up. */
const timeSlack = 0.0011;
const shareSlack = 1e-9;

/** `affected`, or `resumeMs p99`; what was not seen to come is infinite. */
function faultFigure(fault: FaultResult, name: string): number {
  const [field = '', quantile] = name.split(' ');
  const value: unknown = Object.entries(fault).find(([key]) => key === field)?.[1];
  if (typeof value === 'number') return value;
  if (value === null) return Infinity;
  if (typeof value !== 'object' || quantile === undefined) return Number.NaN;
  return Number(Object.entries(value).find(([key]) => key === quantile)?.[1] ?? Number.NaN);
}

function check(metric: string, reported: number, recounted: number, slack = 0): FigureCheck {
  const isSame = reported === recounted || Math.abs(reported - recounted) <= slack;
  const agrees = isSame ? 'yes' : 'no';
  return { metric, reported, recounted, agrees };
}
