/** One line of nginx's access log, as `nginx-monitoring.ts` has nginx write it. */

/** One try at an upstream. `null`: nginx wrote `-`, it never got that far. */
export type Attempt = {
  /** `host:port`; a pool's name when nobody of it could be tried. */
  readonly address: string;
  readonly status: number | null;
  /** From the try to the first header of the answer; of a WebSocket, its handshake. */
  readonly headerSec: number | null;
};

export type AccessLine = {
  /** When the request ended, ms since 1970. */
  readonly endedAtMs: number;
  readonly status: number;
  readonly requestSec: number;
  /** A WebSocket that ended: its time is its life. */
  readonly isWebSocket: boolean;
  /** A request that the server holds until it has something to say. */
  readonly isLongPoll: boolean;
  /** In the order they were tried; none when nginx answered by itself. */
  readonly attempts: readonly Attempt[];
};

/** `undefined` for what nginx did not write whole. */
export function parseAccessLine(text: string): AccessLine | undefined {
  const fields = parseJson(text);
  if (fields === undefined) return undefined;
  const field = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? value : '';
  };
  const endedAtMs = Math.round(numberOf(field('time')) * 1000);
  const status = numberOf(field('status'));
  const requestSec = numberOf(field('request_time'));
  if (![endedAtMs, status, requestSec].every(Number.isFinite)) return undefined;
  return {
    ...{ endedAtMs, status, requestSec },
    isWebSocket: status === 101,
    isLongPoll:
      field('method') === 'GET' && field('transport') === 'polling' && field('has_sid') === '1',
    attempts: attemptsOf(
      field('upstream'),
      field('upstream_status'),
      field('upstream_header_time'),
    ),
  };
}

/**
 * `A, B` with `502, 200` and `-, 0.027`: two attempts. ` : ` stands where nginx went on with another
 * location.
 */
function attemptsOf(upstream: string, statuses: string, headerTimes: string): readonly Attempt[] {
  const addresses = listOf(upstream);
  const status = listOf(statuses).map(numberOrNull);
  const headerSec = listOf(headerTimes).map(numberOrNull);
  return addresses.map((address, at) => ({
    address,
    status: status[at] ?? null,
    headerSec: headerSec[at] ?? null,
  }));
}

function listOf(text: string): readonly string[] {
  return text === '' || text === '-' ? [] : text.split(/, | : /);
}

function numberOrNull(text: string): number | null {
  const value = numberOf(text);
  return Number.isFinite(value) ? value : null;
}

/** NaN for what is empty, where `Number` says 0. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
