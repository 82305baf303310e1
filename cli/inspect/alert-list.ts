/** What fires now, for people. */
import { withoutControls } from '../report/text-style.ts';

export type ActiveAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  /** ISO 8601 */
  readonly activeAt: string;
};

const watchdog = 'Watchdog';

/** Firing first, then the longest, without the Watchdog; nothing where there is none. */
export function alertList(alerts: readonly ActiveAlert[], nowMs: number): string {
  return alerts
    .filter(({ labels }) => labels['alertname'] !== watchdog)
    .toSorted(
      (a, b) => a.state.localeCompare(b.state) || Date.parse(a.activeAt) - Date.parse(b.activeAt),
    )
    .map(({ labels, annotations, state, activeAt }) =>
      [
        state.padEnd(8),
        (labels['severity'] ?? '-').padEnd(9),
        sinceWords(nowMs - Date.parse(activeAt)).padEnd(7),
        (labels['alertname'] ?? '-').padEnd(20),
        annotations['summary'] ?? '',
        telling(labels, annotations['summary'] ?? ''),
      ]
        .join(' ')
        .trimEnd(),
    )
    .map((line) => `${withoutControls(line)}\n`)
    .join('');
}

/** Labels told already, or the same for all. */
const told = ['alertname', 'severity', 'topology', 'job'];

/** What tells two alerts of one name apart, where the summary does not. */
function telling(labels: ActiveAlert['labels'], summary: string): string {
  const left = Object.entries(labels).filter(
    ([name, value]) => !told.includes(name) && !summary.includes(value),
  );
  return left.length === 0 ? '' : `(${left.map(([name, value]) => `${name}=${value}`).join(', ')})`;
}

function sinceWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
