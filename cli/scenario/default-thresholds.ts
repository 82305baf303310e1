/** The seeds' performance targets, used where a scenario writes no thresholds of its own. */
import type { Scenario } from './scenario.ts';

/**
 * Seed 000's table (messages < 30 ms, API p95 < 150 ms, server CPU < 70 % at the peak), its
 * promise that no acked message is lost, and the k6 habit of under 1 % errors. Only those that the
 * scenario gives something to measure by: no HTTP load, no bound on HTTP.
 *
 * @param ownSystem whether rtops runs the services, and can read their CPU.
 */
export function defaultThresholds(
  scenario: Pick<Scenario, 'rate' | 'http'>,
  ownSystem: boolean,
): readonly string[] {
  const chat = ['chat.ack p95 < 30ms', 'chat.delivery p95 < 30ms over >= 1000', 'ledger.lost = 0'];
  return [
    ...(scenario.rate.perSec > 0 ? chat : []),
    ...(scenario.http.perSec > 0 ? ['http p95 < 150ms'] : []),
    'errors < 1%',
    ...(ownSystem ? ['service.cpu max < 70%'] : []),
  ];
}
