import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList } from 'node:net';
import { header } from './contract.ts';

const known = new WeakMap<IncomingMessage, string>();

/**
 * The id the proxy gave the request, or a new one; the same at each call. It is believed only from
 * this host and from private networks, where proxies are; odd ones are not echoed into logs or headers.
 */
export function requestId(request: IncomingMessage): string {
  const before = known.get(request);
  if (before !== undefined) return before;
  const given = request.headers[header.requestId];
  const id =
    typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) && isNear(request)
      ? given
      : randomUUID();
  known.set(request, id);
  return id;
}

const near = new BlockList();
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  near.addSubnet(net, bits, 'ipv4');
}
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');

function isNear({ socket }: IncomingMessage): boolean {
  const { remoteAddress, remoteFamily } = socket;
  if (remoteAddress === undefined) return false;
  return near.check(remoteAddress, remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4');
}
