/** How many users run the real client beside the lean ones, where nobody says how many. */
import type { Stage } from './scenario.ts';
import { plannedUsers } from './timeline.ts';

const usualUsers = 20;

/** Enough to see a difference, and never more than half of the users: the lean ones are the load. */
export function defaultFidelityUsers(stages: readonly Stage[], wanted = usualUsers): number {
  return Math.min(wanted, Math.floor(plannedUsers(stages) / 2));
}
