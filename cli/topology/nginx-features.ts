/** What which nginx can do (nginx's CHANGES). */

/** `sticky`, `server … route=` and `drain` came to the open source nginx with this version. */
export const nativeStickySince = '1.29.6';

/** Whether an nginx of this version (`1.22.1`) has `sticky`. */
export function hasNativeSticky(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== 1) return major > 1;
  if (minor !== 29) return minor > 29;
  return patch >= 6;
}
