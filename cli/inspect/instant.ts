/** Moments as people and Grafana's addresses write them. */
import { parseDuration } from './duration.ts';

/**
 * `now`, `now-5m`, ms or s since 1970, or ISO 8601 (UTC where no zone is written), as ms since 1970;
 * `undefined` for anything else.
 */
export function parseInstant(text: string, nowMs: number): number | undefined {
  const at = instantOf(text, nowMs);
  return at === undefined || Number.isNaN(new Date(at).getTime()) ? undefined : at;
}

function instantOf(text: string, nowMs: number): number | undefined {
  const relative = /^now(?:-(.+))?$/.exec(text.trim());
  if (relative !== null) {
    const agoMs = relative[1] === undefined ? 0 : parseDuration(relative[1]);
    return agoMs === undefined ? undefined : nowMs - agoMs;
  }
  if (/^\d{12,}$/.test(text)) return Number(text);
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  return Date.parse(zoned.replace(' ', 'T'));
}
