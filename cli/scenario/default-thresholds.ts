/** The seeds' performance targets, used where a scenario writes no thresholds of its own. */
import type { Scenario } from './scenario.ts';

/** What is known of the system that is measured. */
export type ThresholdTarget = {
  /** rtops runs the services: it can read their CPU, and knows when one was started again. */
  readonly ownSystem: boolean;
  /** Its message path promises one order (`log`); the path `adapter` does not. */
  readonly ordered: boolean;
};

/** Of a system that could be held to every default. */
export const everyThreshold: ThresholdTarget = { ownSystem: true, ordered: true };

/**
 * Seed 000's table (messages < 30 ms, API p95 < 150 ms, server CPU < 70 % at the peak), its
 * promise that no acked message is lost (nor doubled, nor out of order), the k6 habit of under 1 %
 * errors, and that nothing dies on the way. Only those that the scenario gives something to measure
 * by: no HTTP load, no bound on HTTP.
 */
export function defaultThresholds(
  scenario: Pick<Scenario, 'rate' | 'http'>,
  { ownSystem, ordered }: ThresholdTarget,
): readonly string[] {
  const chat = [
    'chat.ack p95 < 30ms',
    'chat.delivery p95 < 30ms over >= 1000',
    'ledger.lost = 0',
    'ledger.duplicated = 0',
    ...(ordered ? ['ledger.reordered = 0'] : []),
  ];
  return [
    ...(scenario.rate.perSec > 0 ? chat : []),
    ...(scenario.http.perSec > 0 ? ['http p95 < 150ms'] : []),
    'errors < 1%',
    ...(ownSystem ? ['service.cpu max < 70%', 'service.restarts[*] = 0'] : []),
  ];
}
