/** Which users run which client. */
import { salt, seededUnit } from '../../scenario/pacer-seed.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { plannedUsers } from '../../scenario/timeline.ts';
import type { UserKind } from './desk.ts';

/**
 * The kind of every user. The fidelity sample is spread over the users of the last worker, so that
 * one process alone pays for it; polling users are drawn by the seed.
 */
export function userKinds(scenario: Scenario, workers: number): (index: number) => UserKind {
  const planned = plannedUsers(scenario.stages);
  const last = workers - 1;
  const ofLast = Math.max(0, Math.ceil((planned - last) / workers));
  const sample = Math.min(scenario.fidelityUsers, ofLast);
  return (index) => {
    const place = Math.floor(index / workers);
    // The sample's j-th user stands at place ⌊j · ofLast / sample⌋.
    if (index % workers === last && sample > 0) {
      const j = Math.ceil((place * sample) / ofLast);
      if (j < sample && Math.floor((j * ofLast) / sample) === place) return 'client';
    }
    const isPolling = seededUnit(scenario.seed, salt.polling, index) < scenario.pollingShare;
    return isPolling ? 'polling' : 'lean';
  };
}
