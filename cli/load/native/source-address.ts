/**
 * Where a user dials from. On loopback every 127.0.x.y is this machine, so users can come from many
 * addresses: nginx's `ip_hash` (three octets) then spreads them, and no address runs out of ports.
 */
const networks = 64;
const perAddress = 4000;

/**
 * The source address of user `index`; `undefined` when the target is not IPv4 loopback or the
 * system does not answer for all of 127/8 (only Linux does).
 */
export function sourceAddress(
  url: URL,
  index: number,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform !== 'linux' || !/^127\.\d+\.\d+\.\d+$/.test(url.hostname)) return undefined;
  const third = 1 + (index % networks);
  const fourth = 1 + (Math.floor(index / (networks * perAddress)) % 254);
  return `127.0.${third}.${fourth}`;
}
