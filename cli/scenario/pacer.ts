/**
 * When each send and each request is due. Due times lie on a fixed grid that does not care how the
 * system answers (open loop), so a system that stalls cannot hide the sends it held up.
 */
import { salt, seededUnit } from './pacer-seed.ts';
import type { Scenario } from './scenario.ts';
import { plannedUsers } from './timeline.ts';

/** Due times in whole µs since run start. */
export type Pacer = {
  /** µs between two sends of a user; `Infinity` when users never send. */
  readonly periodUs: number;
  /** When send `k` (from 0) of a user is due. */
  sendDueUs(user: number, k: number): number;
  /** The first `k` that is due at or after `atUs`; `Infinity` when users never send. */
  firstSendFrom(user: number, atUs: number): number;
  /** When HTTP request `k` (from 0) is due; `Infinity` without HTTP load. */
  httpDueUs(k: number): number;
  /** Whether request `k` opens a connection of its own: spread evenly, exactly the share of any k. */
  isFreshHttp(k: number): boolean;
};

/** The pacer of a scenario. A total rate is shared evenly by the planned users. */
export function pacerOf(scenario: Scenario): Pacer {
  const { rate, seed } = scenario;
  const { freshShare } = scenario.http;
  const perUserPerSec =
    rate.kind === 'per-user'
      ? rate.perSec
      : rate.perSec / Math.max(1, plannedUsers(scenario.stages));
  const periodUs = perUserPerSec > 0 ? 1_000_000 / perUserPerSec : Infinity;
  const httpPeriodUs = scenario.http.perSec > 0 ? 1_000_000 / scenario.http.perSec : Infinity;
  const phaseUs = (user: number): number => seededUnit(seed, salt.phase, user) * periodUs;
  const sendDueUs = (user: number, k: number): number => Math.round(phaseUs(user) + k * periodUs);
  return {
    periodUs,
    sendDueUs: (user, k) => (periodUs === Infinity ? Infinity : sendDueUs(user, k)),
    firstSendFrom(user, atUs) {
      if (periodUs === Infinity) return Infinity;
      // Due times are rounded to whole µs: the exact ones may lie on the other side of `atUs`.
      let k = Math.max(0, Math.ceil((atUs - phaseUs(user) - 0.5) / periodUs));
      while (sendDueUs(user, k) < atUs) k += 1;
      return k;
    },
    httpDueUs: (k) => (httpPeriodUs === Infinity ? Infinity : Math.round((k + 0.5) * httpPeriodUs)),
    isFreshHttp: (k) => Math.floor((k + 1) * freshShare) > Math.floor(k * freshShare),
  };
}
