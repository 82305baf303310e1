/** Availability, error budget and the outlook on a month in words, with what they assume. */
import type { Availability } from '../samples/fault-result.ts';
import { formatDuration } from './format.ts';

/** One line a figure; the outlook says that it is one. */
export function availabilityLines(availability: Availability): readonly string[] {
  const { ops, slots, clients, fromMs, untilMs, budget, outlooks } = availability;
  return [
    `Over ${formatDuration(untilMs - fromMs)}, from the steady state on: ${percent(ops)} of messages acked, ${percent(slots)} of the 100 ms slots good, ${percent(clients)} of the client time served.`,
    ...budget.map(
      ({ goalPct, used, perMonth }) =>
        `A month at ${goalPct}% has room for ${perMonth === null ? 'any number of runs like this one: nothing was used' : `${wholeOrTenth(perMonth)} of these (one uses ${percent(used)} of its budget)`}.`,
    ),
    ...outlooks.map(
      ({ phase, goalPct, mtbfDays, assumedMttrMin, assumedPct, measuredPct }) =>
        `Seed 001, phase ${phase}: goal ${goalPct}%. One failure in ${mtbfDays} days and ${assumedMttrMin} min to repair it make ${fine(assumedPct)}%${measuredPct === null ? '' : `; with the recovery measured here ${fine(measuredPct)}%`}.`,
    ),
    'The time between failures is an assumption, not a measurement, and no threshold reads these lines.',
  ];
}

function percent(share: number): string {
  return `${fine(100 * share)}%`;
}

/** Nines need their digits: 99.9998 is not 100. Cut off, not rounded. */
function fine(value: number): string {
  if (value <= 0) return '0';
  const decimals = value >= 100 ? 2 : value >= 99.99 ? 4 : value >= 1 ? 2 : firstDigit(value) + 1;
  const scale = 10 ** decimals;
  // 0.29 × 100 is 28.999999999999996 in binary.
  const cut = Math.floor(Number((value * scale).toPrecision(12))) / scale;
  return cut.toLocaleString('en-US', { maximumFractionDigits: decimals });
}

/** Decimals until the first one that is not 0. */
function firstDigit(value: number): number {
  return Math.ceil(-Math.log10(value));
}

function wholeOrTenth(value: number): string {
  if (value >= 10) return Math.floor(value).toLocaleString('en-US');
  return value >= 0.1 ? (Math.floor(value * 10) / 10).toFixed(1) : value.toFixed(firstDigit(value));
}
