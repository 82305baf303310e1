/**
 * What an outage costs of a month: the error budget (SRE: budget = (1 − goal) × 30 days, a client),
 * and the outlook with the assumptions of seed 001. Shown with them; no threshold reads it.
 */
import type { Availability, Outlook } from './fault-result.ts';

const monthSec = 30 * 24 * 3600;
const goalsPct = [99, 99.5, 99.9] as const;

/** Seed 001, "availability goals": uptime, MTTR and MTBF by phase. */
const phases = [
  { phase: '1: one server', goalPct: 99, assumedMttrMin: 30, mtbfDays: 7 },
  { phase: '2: with Redis', goalPct: 99.5, assumedMttrMin: 10, mtbfDays: 14 },
  { phase: '3: microservices', goalPct: 99.9, assumedMttrMin: 2, mtbfDays: 30 },
] as const;

/** The budget that `downSec` of one client uses, for each goal. */
export function errorBudget(downSec: number): Availability['budget'] {
  return goalsPct.map((goalPct) => {
    const budgetSec = Math.round((monthSec * (100 - goalPct)) / 100);
    return {
      goalPct,
      budgetSec,
      used: downSec / budgetSec,
      perMonth: downSec > 0 ? budgetSec / downSec : null,
    };
  });
}

/** MTBF / (MTBF + MTTR) in percent, by phase; `mttrMs`: `null` when no recovery was measured. */
export function outlooks(mttrMs: number | null): readonly Outlook[] {
  return phases.map((one) => {
    const upSec = one.mtbfDays * 24 * 3600;
    const share = (mttrSec: number): number => (100 * upSec) / (upSec + mttrSec);
    return {
      ...one,
      assumedPct: share(one.assumedMttrMin * 60),
      measuredPct: mttrMs === null ? null : share(mttrMs / 1000),
    };
  });
}
