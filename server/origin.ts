/**
 * Which pages may open a connection. CORS does not stop a page from opening a WebSocket anywhere
 * (cross-site WebSocket hijacking), so the Origin header is checked at every handshake.
 */

/**
 * @param origin the `Origin` header; absent for everything that is not a browser.
 * @param host the `Host` header: a page from this very server passes.
 * @param allowed whole origins such as `https://chat.example`.
 */
export function originPasses(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  // `null` (a sandboxed frame, a file) is no origin and never equal to anything.
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && originHost === host.toLowerCase();
}
