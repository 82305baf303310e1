/**
 * Where a user dials from. On loopback every 127.0.x.y is this machine, so users can come from many
 * addresses: nginx's `ip_hash` (three octets) then spreads them, and no address runs out of ports.
 */
const networks = 64;
const perAddress = 4000;

/**
 * The source address of user `index`; `undefined` where the system has to decide.
 */
export function sourceAddress(
  url: URL,
  index: number,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (!isWholeLoopback(url, platform)) return undefined;
  const third = 1 + (index % networks);
  const fourth = 1 + (Math.floor(index / (networks * perAddress)) % 254);
  return `127.0.${third}.${fourth}`;
}

/** Whether the target is on IPv4 loopback, and all of 127/8 is this machine (only Linux has it so). */
export function isWholeLoopback({ hostname }: URL, platform: NodeJS.Platform): boolean {
  return platform === 'linux' && /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
