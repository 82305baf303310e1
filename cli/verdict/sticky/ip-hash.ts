/** Which node nginx's `ip_hash` picks, computed as nginx does (ngx_http_upstream_ip_hash_module). */

/**
 * The node for an IPv4 client: h = 89, then over its first three octets h = (h·113 + octet) mod
 * 6271; the node at h mod N, all weights being 1. While that node is dead h goes on from where it
 * is, up to 20 times. `null` for another kind of address, or when nginx would give up hashing.
 *
 * @param nodes in the order of the `server` lines.
 */
export function ipHashNode(
  address: string,
  nodes: readonly string[],
  dead: ReadonlySet<string>,
): string | null {
  const octets = address.split('.').map(Number);
  const isIpv4 = octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255);
  if (!isIpv4 || nodes.length === 0) return null;
  let hash = 89;
  for (let tries = 0; tries <= mostRehashes; tries += 1) {
    for (const octet of octets.slice(0, 3)) hash = (hash * 113 + octet) % 6271;
    const node = nodes[hash % nodes.length];
    if (node !== undefined && !dead.has(node)) return node;
  }
  return null;
}

const mostRehashes = 20;
