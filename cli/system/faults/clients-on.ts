/** How many clients a fault reaches: the connections on a node just before. */
import type { RunningSystem } from '../running-system.ts';
import { scrapeNode } from '../scrape-node.ts';
import type { ServiceRecord } from '../system-state.ts';
import { stateOf } from './target.ts';

/**
 * Connections to the chat of a server; for nginx those of all servers behind it. `null` for Redis,
 * which has no clients of ours, and where a node does not tell.
 */
export async function clientsOn(
  system: RunningSystem,
  service: ServiceRecord,
): Promise<number | null> {
  if (service.kind === 'server') return await connectionsOf(service);
  if (service.kind !== 'nginx') return null;
  const servers = (stateOf(system)?.services ?? []).filter(({ kind }) => kind === 'server');
  const counts = await Promise.all(servers.map(connectionsOf));
  return counts.reduce<number | null>(
    (sum, count) => (sum === null || count === null ? null : sum + count),
    0,
  );
}

/** A server of role `api` has no chat, so it has no gauge either. */
async function connectionsOf({ role, host, metricsPort }: ServiceRecord): Promise<number | null> {
  if (role === 'api') return 0;
  if (metricsPort === null) return null;
  return (await scrapeNode(host, metricsPort)).connections;
}
