/** Whether the load came when it was due. When it did not, the figures are not the system's. */
import type { Summary } from '../samples/summary.ts';

/** More than this share of the sends in hold stages over 50 ms late, and the generator was saturated. */
const mostLateShare = 0.01;

/** What shows that the load did not come as planned; `undefined` when it did. */
export function generatorLateness(summary: Summary): string | undefined {
  const { generator, holdSends, users, partial } = summary;
  if (generator.endedWorkers.length > 0) return endedSentence(generator);
  const share = holdSends === 0 ? 0 : generator.lateSends / holdSends;
  if (share > mostLateShare) {
    const late = `${count(generator.lateSends)} of ${count(holdSends)} sends`;
    return `the load generator was saturated: ${late} (${(100 * share).toFixed(1)}%) left more than 50 ms after they were due`;
  }
  // A run that was cut short owes no user.
  if (!partial && users.attempted < users.planned) {
    return `the load generator did not bring the load: only ${count(users.attempted)} of ${count(users.planned)} planned users were ever attempted`;
  }
  if (!generator.saturated) return undefined;
  return `the load generator was saturated: its ${generator.workers} workers stood ready without getting a core (event loop up to ${Math.round(generator.loopLagMs.max)} ms late)`;
}

/** Of a generator of which a part is gone. */
export function endedSentence({ endedWorkers }: Summary['generator']): string {
  return `${endedWorkers.join(', ')}: the load was not brought`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
