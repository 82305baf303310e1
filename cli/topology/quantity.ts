/** Amounts with a unit as people write them in YAML and on the command line: `10s`, `20/10s`. */
import { z } from 'zod';

const msOf: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** `500ms`, `10s`, `1.5m`, `2min`, `1h` → whole ms. `undefined` for anything else, and without a unit. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)$/.exec(text.trim());
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * (msOf[match[2] ?? ''] ?? Number.NaN));
}

/**
 * A schema for an amount written as text or number. `title` says what may be written; it is both
 * the "expected …" of an error and the title an editor shows. `parse` gives `undefined` to refuse.
 */
export function quantity<T>(title: string, parse: (text: string) => T | undefined) {
  return z
    .union([z.string(), z.number()])
    .meta({ title })
    .transform((written, context): T => {
      const value = parse(String(written));
      if (value !== undefined) return value;
      // The sentence is made from the title, where the value's place is known.
      context.addIssue({ code: 'custom', params: { fromTitle: true } });
      return z.NEVER;
    });
}

/** A duration of at least `leastMs`, in ms. */
export function durationMs(leastMs: number, mostMs: number) {
  const range =
    leastMs <= 1
      ? `above zero and at most ${mostMs / 1000} s`
      : `${leastMs} ms to ${mostMs / 1000} s`;
  return quantity(`a duration with its unit, such as 500ms, 10s or 2m (${range})`, (text) => {
    const ms = parseDurationMs(text);
    return ms !== undefined && ms >= leastMs && ms <= mostMs ? ms : undefined;
  });
}
