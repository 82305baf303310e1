/** Figures as people read them. Every renderer uses these, so that a number looks the same everywhere. */
import type { LatencyMs } from '../samples/summary.ts';
import type { ThresholdResult } from '../verdict/judge.ts';

/** `12,345`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A latency with the digits that mean something: `0.42 ms`, `4.1 ms`, `312 ms`, `12.3 s`. */
export function formatMs(ms: number): string {
  return msText(ms, []);
}

function msText(ms: number, marks: readonly number[]): string {
  if (ms < 9999.5) return `${bareMs(ms, marks)} ms`;
  const sec = ms / 1000;
  return `${fixed(sec, 1, [0, ...marks.map((mark) => mark / 1000)])} s`;
}

/**
 * {@link formatMs} without the unit, for columns that name it in the heading.
 * @param marks what it is not rounded onto, beside 0
 */
export function bareMs(ms: number, marks: readonly number[] = []): string {
  const usual = ms === 0 ? 0 : ms < 1 ? 2 : ms < 100 ? 1 : 0;
  return fixed(ms, usual, [0, ...marks]);
}

/** A figure of a distribution for such a column; a dash where nothing was measured, which is not 0 ms. */
export function latencyFigure<K extends keyof LatencyMs>(
  latency: Pick<LatencyMs, K | 'max'>,
  key: K,
  dash = '–',
): string {
  // What was measured took at least a microsecond.
  return latency.max === 0 ? dash : bareMs(latency[key]);
}

/** {@link formatMs} of something that takes time; a dash where it was not measured. */
export function measuredMs(ms: number, dash = '–'): string {
  return ms === 0 ? dash : formatMs(ms);
}

/** A length of time: `850 ms`, `9.5 s`, `1m 05s`, `2h 03m`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${fixed(ms, 0, [0])} ms`;
  const totalSec = Math.round(ms / 1000);
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms % 1000 === 0 ? 0 : 1)} s`;
  const minutes = Math.floor(totalSec / 60);
  if (minutes < 60) return `${minutes}m ${two(totalSec % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** A wait that people feel, to a tenth of a second: `3 ms`, `1.1 s`, `12.4 s`. */
export function formatSeconds(ms: number): string {
  return ms < 99.5 ? `${fixed(ms, 0, [0])} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Minutes and seconds of a clock that runs: `0:07`, `12:40`. */
export function formatClock(ms: number): string {
  const totalSec = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(totalSec / 60)}:${two(totalSec % 60)}`;
}

/** A rate per second, or another amount that need not be whole: `0.04`, `0.5`, `12.4`, `1,204`. */
export function formatRate(perSec: number): string {
  return trimmed(perSec, perSec < 100 ? 1 : 0, [0]);
}

/** CPU and shares, 100 = one core or the whole: `7%`, `0.4%`, `99.96%`, `143%`. */
export function formatPercent(percent: number): string {
  return `${trimmed(percent, percent < 10 ? 1 : 0, [0, 100])}%`;
}

/** Memory: `84 MB`, `1.4 GB`. */
export function formatMb(mb: number): string {
  return mb >= 1000 ? `${(mb / 1024).toFixed(1)} GB` : `${Math.round(mb)} MB`;
}

/**
 * A threshold's figure in its own unit; `no data` when there is none.
 * @param bound what it is held against: the figure is never rounded onto it
 */
export function formatObserved(value: number | null, unit: string, bound = 0): string {
  if (value === null) return 'no data';
  if (unit === 'ms') return msText(value, [bound]);
  if (unit === '%') return `${trimmed(value, value < 10 ? 2 : 0, [0, 100, bound])}%`;
  const figure = trimmed(value, value < 100 ? 1 : 0, [0, bound]);
  return unit === '' ? figure : `${figure}${unit.startsWith('/') ? '' : ' '}${unit}`;
}

/**
 * {@link formatObserved} of a threshold's result. What failed without a figure was waited for and never
 * came: a recovery that was not seen.
 */
export function observedOf({
  observed,
  unit,
  verdict,
  bound,
}: Pick<ThresholdResult, 'observed' | 'unit' | 'verdict' | 'bound'>): string {
  // Nothing had to be measured: it holds of nobody.
  if (observed === null && verdict === 'pass') return '–';
  return observed === null && verdict === 'fail'
    ? 'not seen'
    : formatObserved(observed, unit, bound);
}

/** `1 user`, `2 users`; for words that take an s. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2026-11-21 11:29:13 UTC`; the text as it is when it is not a date. */
export function formatInstant(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(iso);
  return match === null ? iso : `${match[1]} ${match[2]} UTC`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** {@link fixed} without zeros at its end. */
function trimmed(value: number, decimals: number, marks: readonly number[]): string {
  const text = fixed(value, decimals, marks);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** With so many decimals, and more where rounding would make it a mark that it is not: 0.04 is not 0. */
function fixed(value: number, decimals: number, marks: readonly number[]): string {
  const needed = marks
    // Less than a millionth off a bound is a matter of binary fractions.
    .filter((mark) => mark !== value && (mark === 0 || Math.abs(value - mark) > 1e-6))
    .map((mark) => Math.ceil(-Math.log10(Math.abs(value - mark))));
  const digits = Math.min(20, Math.max(decimals, ...needed));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
