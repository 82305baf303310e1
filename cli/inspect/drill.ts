/** The fire drill: what became of one synthetic alert, per integration. */
import { countedSince } from './notification-counters.ts';
import type { NotificationCounters } from './notification-counters.ts';
import type { NotificationError } from './notification-errors.ts';

/** One way by which receivers are told; Alertmanager counts by it. */
export type DrillWay = {
  readonly integration: string;
  /** Names of the receivers that have it. */
  readonly receivers: readonly string[];
  /** How many addresses in all. */
  readonly count: number;
};

export type DrillRow = DrillWay & {
  readonly outcome: 'delivered' | 'failed';
  /** `2xx` when delivered: Alertmanager takes no other for success and says no more. */
  readonly status: string | null;
  /** Mean of a request, ms, as Alertmanager measured; `null` when none ended. */
  readonly latencyMs: number | null;
  readonly attempts: number;
  readonly why: string | null;
};

export type DrillReading = {
  readonly before: ReadonlyMap<string, NotificationCounters>;
  readonly now: ReadonlyMap<string, NotificationCounters>;
  readonly errors: ReadonlyMap<string, NotificationError>;
  /** For how long it was watched. */
  readonly watchedMs: number;
  /** No more is waited for. */
  readonly over: boolean;
};

/** The row of a way; `undefined` while it is not decided. */
export function drillRow(way: DrillWay, reading: DrillReading): DrillRow | undefined {
  const counted = countedSince(
    reading.before.get(way.integration),
    reading.now.get(way.integration),
  );
  const error = reading.errors.get(way.integration);
  const measured = {
    ...way,
    latencyMs:
      counted.latencyCount === 0 ? null : (counted.latencySec / counted.latencyCount) * 1000,
    attempts: counted.requests,
  };
  if (counted.givenUp > 0) {
    return {
      ...measured,
      outcome: 'failed',
      status: error?.status == null ? null : String(error.status),
      why: error?.why ?? "it was not taken; Alertmanager's log says why",
    };
  }
  if (counted.requests - counted.requestsFailed >= way.count) {
    return { ...measured, outcome: 'delivered', status: '2xx', why: null };
  }
  if (!reading.over) return undefined;
  return {
    ...measured,
    outcome: 'failed',
    status: error?.status == null ? null : String(error.status),
    why: error?.why ?? `nothing was delivered within ${Math.round(reading.watchedMs / 1000)} s`,
  };
}

/**
 * The table for people, the last line ended.
 * @param others alerts that were sent meanwhile
 */
export function drillText(rows: readonly DrillRow[], others: readonly string[]): string {
  const table = [
    ['RECEIVER', 'WAY', 'OUTCOME', 'STATUS', 'LATENCY', 'ATTEMPTS', 'WHY'],
    ...rows.map((row) => [
      row.receivers.join(', '),
      row.count > 1 ? `${row.integration} ×${row.count}` : row.integration,
      row.outcome,
      row.status ?? '-',
      row.latencyMs === null ? '-' : `${row.latencyMs.toFixed(row.latencyMs < 10 ? 1 : 0)} ms`,
      String(row.attempts),
      row.why ?? '',
    ]),
  ];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  );
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  if (others.length > 0) {
    lines.push(
      `Meanwhile ${others.join(', ')} fired as well: Alertmanager counts by way, so latency, attempts and outcome are of all together.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** For tools. */
export function drillDocument(
  alertmanager: string,
  drill: string,
  rows: readonly DrillRow[],
  others: readonly string[],
) {
  return {
    schemaVersion: 1,
    alertmanager,
    drill,
    outcome: rows.every(({ outcome }) => outcome === 'delivered') ? 'delivered' : 'failed',
    receivers: rows,
    others,
  };
}
