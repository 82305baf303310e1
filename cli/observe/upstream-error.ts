/** One line of nginx's error log that tells of an attempt at an upstream that failed. */

export type UpstreamError = {
  /** `host:port`; a pool's name when nobody of it could be tried. */
  readonly address: string;
  /** ms since 1970, to the second. */
  readonly atMs: number;
};

/**
 * What nginx was doing: it had no answer yet, so that it goes on with another upstream or gives up. A
 * connection that breaks later (`while proxying upgraded connection`) is no failed attempt, nor is the
 * warning that follows one (`upstream server temporarily disabled while connecting to upstream`).
 */
const failedAttempt =
  /^\S+ \S+ \[(?:error|crit|alert)\] .* while (?:connecting to|sending request to|reading response header from) upstream, .*\bupstream: "https?:\/\/([^/"]+)/;

/** nginx stamps its lines in local time. */
const stamp = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) /;

/** `undefined` for any other line. */
export function parseUpstreamError(text: string): UpstreamError | undefined {
  const address = failedAttempt.exec(text)?.[1];
  const [, year, month, day, hour, minute, second] = (stamp.exec(text) ?? []).map(Number);
  if (address === undefined || year === undefined || month === undefined) return undefined;
  return { address, atMs: new Date(year, month - 1, day, hour, minute, second).getTime() };
}
