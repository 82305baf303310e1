/** One alert as data, and the few PromQL forms that the rules share. */

/** `critical` wakes somebody, `warning` tells somebody, `info` is only listed, `none` is the Watchdog. */
export type Severity = 'critical' | 'warning' | 'info' | 'none';

export type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold before it fires. */
  readonly forSec: number;
  readonly severity: Severity;
  /** Labels beside `severity`: what tells two rules of one name apart. */
  readonly labels?: Readonly<Record<string, string>>;
  /** One line; templates as Prometheus has them. */
  readonly summary: string;
  /** What it means, with the value. */
  readonly description: string;
  /** The uid of the dashboard that shows it. */
  readonly dashboard: string;
};

/** uids of dashboards that alerts link to. */
export const alertDashboards = {
  overview: 'rtops-overview',
  sockets: 'rtops-socketio',
  nginx: 'rtops-nginx',
  redis: 'rtops-redis',
} as const;

/**
 * A counter that grew within the window. A counter that has no series before its first event is not
 * seen by `increase()` at that event: where it was not there a window ago, being above 0 is growth.
 */
export function grew(selector: string, window: string): string {
  return `increase(${selector}[${window}]) > 0\nor\n(${selector} > 0 unless ${selector} offset ${window})`;
}

/** Per topology and second over the window. */
export function ratePerTopology(selector: string, window: string): string {
  return `sum by (topology) (rate(${selector}[${window}]))`;
}

/** `part / whole > bound`, and only where `whole` is at least one a second: one of two is no rate. */
export function shareAbove(part: string, whole: string, bound: number): string {
  return `${part}\n/ ${whole} > ${bound}\nand ${whole} > 1`;
}

/** A bucket's label value, in Prometheus 2 (`1`) and 3 (`1.0`). */
export function leMatcher(boundSec: number): string {
  return Number.isInteger(boundSec) ? `le=~"${boundSec}(\\\\.0)?"` : `le="${boundSec}"`;
}
