/** Where a client of the stickiness probe dials from. */
import { isWholeLoopback } from '../native/source-address.ts';

/**
 * `127.0.x.y`, the third octet different first: nginx's `ip_hash` reads three octets, so clients
 * that differ in the fourth alone are one to it. Behind `nat` all are one address. `null` when the
 * target is not IPv4 loopback or the system does not answer for all of 127/8 (only Linux does).
 */
export function stickySource(
  url: URL,
  index: number,
  nat: boolean,
  platform: NodeJS.Platform = process.platform,
): string | null {
  if (!isWholeLoopback(url, platform)) return null;
  if (nat) return '127.0.0.1';
  return `127.0.${1 + (index % 250)}.${1 + (Math.floor(index / 250) % 250)}`;
}
