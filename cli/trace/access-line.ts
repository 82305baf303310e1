/** A line of nginx's access log, written with monitoring on (cli/topology/nginx-monitoring.ts). */
import { isMomentMs, jsonObject } from './log-line.ts';

export type AccessLine = {
  readonly requestId: string;
  /** When the request ended, wall clock, ms since 1970. */
  readonly endMs: number;
  /** From the first byte of the request to its end; of a WebSocket its whole life. */
  readonly tookMs: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Every upstream that was tried, in order, and what it answered. */
  readonly upstreams: readonly { readonly address: string; readonly status: string }[];
  /** From the start of the attempt that answered to its headers; `undefined`: there were none. */
  readonly headerMs: number | undefined;
};

/** `undefined` for a line that is none. */
export function parseAccessLine(line: string): AccessLine | undefined {
  const fields = jsonObject(line);
  if (fields === undefined) return undefined;
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? value : '';
  };
  const endMs = Number(text('time')) * 1000;
  const requestId = text('request_id');
  const tookMs = (Number(text('request_time')) || 0) * 1000;
  if (requestId === '' || !(endMs > 0) || !isMomentMs(endMs) || !isMomentMs(tookMs)) {
    return undefined;
  }
  // nginx parts upstreams by a comma, and by a colon where a redirect inside it began anew.
  const list = (name: string): readonly string[] =>
    text(name)
      .split(/, | : /)
      .filter((one) => one !== '');
  const statuses = list('upstream_status');
  const headerSec = Number(list('upstream_header_time').at(-1));
  return {
    requestId,
    endMs,
    tookMs,
    method: text('method'),
    path: text('path'),
    status: Number(text('status')) || 0,
    upstreams: list('upstream').map((address, i) => ({ address, status: statuses[i] ?? '-' })),
    headerMs: Number.isFinite(headerSec) ? headerSec * 1000 : undefined,
  };
}
