/** A line of a server's log, as server/logger.ts and server/trace/ write it (docs/trace.md). */

/** When a line was written, by both clocks. */
export type LogStamp = {
  /** Wall clock, ms since 1970. */
  readonly timeMs: number;
  /** CLOCK_MONOTONIC of the host, µs. */
  readonly us: number | undefined;
};

/** Ids under which lines are found, and what they tell. Absent: the line does not say. */
export type LogLine = LogStamp & {
  /** The file's service: `ws-1`. */
  readonly service: string;
  readonly msg: string;
  readonly text: Readonly<Partial<Record<TextField, string>>>;
  readonly number: Readonly<Partial<Record<NumberField, number>>>;
  /** The store had it already. */
  readonly duplicate: boolean;
};

const textFields = [
  ...['reqId', 'connId', 'socketId', 'msgId', 'user', 'room'],
  ...['event', 'code', 'reason', 'transport', 'method', 'path'],
] as const;
type TextField =
  | 'reqId'
  | 'connId'
  | 'socketId'
  | 'msgId'
  | 'user'
  | 'room'
  | 'event'
  | 'code'
  | 'reason'
  | 'transport'
  | 'method'
  | 'path';
const numberFields = ['seq', 'members', 'tookMs', 'storedMs', 'status'] as const;
type NumberField = (typeof numberFields)[number];

/** `undefined` for a line that is none: cut short, or not this server's. */
export function parseLogLine(service: string, line: string): LogLine | undefined {
  const fields = jsonObject(line);
  const stamp = fields === undefined ? undefined : stampOf(fields);
  if (fields === undefined || stamp === undefined) return undefined;
  return {
    ...stamp,
    service,
    msg: String(fields['msg']),
    text: pick(fields, textFields, (value) => typeof value === 'string'),
    number: pick(fields, numberFields, Number.isFinite),
    duplicate: fields['duplicate'] === true,
  };
}

/** `undefined` where the fields are not those of a server's line, or its times are none. */
export function stampOf(fields: Readonly<Record<string, unknown>>): LogStamp | undefined {
  const { msg, time, us } = fields;
  if (typeof msg !== 'string' || typeof time !== 'number' || !isMomentMs(time)) return undefined;
  if (typeof us !== 'number') return { timeMs: time, us: undefined };
  return Number.isFinite(us) ? { timeMs: time, us } : undefined;
}

/** As far as a `Date` reaches: `1e400` in a spoiled line is infinity by now. */
const farthestMs = 8.64e15;

/** Whether it may be ms since 1970. */
export function isMomentMs(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= farthestMs;
}

/** The object a line holds; `undefined` when it holds none. */
export function jsonObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function pick<T>(
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
  fits: (value: unknown) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    names.flatMap((name) => (fits(fields[name]) ? [[name, fields[name] as T]] : [])),
  );
}
