/** Whether a list of alerts can be trusted: an alert that no rule looks for is not heard of. */
import type { ActiveAlert } from './alert-list.ts';

/** A rule as Prometheus tells of it. */
export type LoadedRule = {
  readonly name: string;
  readonly type: string;
  readonly health: string;
  readonly lastError: string;
  /** ISO 8601; in the year 1 where it was never evaluated. */
  readonly lastEvaluation: string;
};

const watchdog = 'Watchdog';

/** Why an alert may be missing from the list; `null` where none is. */
export function whySilenceIsNoCalm(
  rules: readonly LoadedRule[],
  alerts: readonly ActiveAlert[],
): string | null {
  const alerting = rules.filter(({ type }) => type === 'alerting');
  if (alerting.length === 0) return 'Prometheus has no alert rules, so nothing can fire';
  const unseen = alerting.filter(({ lastEvaluation }) => lastEvaluation.startsWith('0001-'));
  if (unseen.length > 0) {
    return `${unseen.length} of ${alerting.length} alert rules have not been evaluated yet: Prometheus has just started`;
  }
  const broken = alerting.find(({ health }) => health === 'err');
  if (broken !== undefined) {
    return `the rule ${broken.name} cannot be evaluated: ${broken.lastError}`;
  }
  const isWatched = alerts.some(
    ({ labels, state }) => labels['alertname'] === watchdog && state === 'firing',
  );
  return isWatched || !alerting.some(({ name }) => name === watchdog)
    ? null
    : 'the Watchdog, which always fires, does not';
}
