/** Asks a server's metrics port for what only the process itself knows. */
import { request } from 'undici';

import { serverMetrics } from '../../server/metric-contract.ts';

/** `null` where the metric was not there. */
export type NodeGauges = {
  readonly loopLagMs: number | null;
  readonly connections: number | null;
};

const answerWithinMs = 300;
const none: NodeGauges = { loopLagMs: null, connections: null };

/** Both are `null` when the node does not answer in time: it is down, or stalled. */
export async function scrapeNode(host: string, port: number): Promise<NodeGauges> {
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    // The lag is since the last reader asked: the whole page is Prometheus' own.
    const url = `http://${host}:${port}/metrics?brief`;
    const { statusCode, body } = await request(url, { signal });
    const text = await body.text();
    return statusCode === 200 ? readNodeGauges(text) : none;
  } catch {
    return none;
  }
}

/** The two gauges out of a page in Prometheus' text format. */
export function readNodeGauges(page: string): NodeGauges {
  const [lagSec] = valuesOf(page, serverMetrics.eventLoopLagSeconds.name, 'stat="p99"');
  const connections = valuesOf(page, serverMetrics.connections.name, '');
  return {
    loopLagMs: lagSec === undefined ? null : lagSec * 1000,
    connections: connections.length === 0 ? null : connections.reduce((sum, one) => sum + one, 0),
  };
}

/** The values of the series of that name that have the label. */
function valuesOf(page: string, name: string, label: string): readonly number[] {
  return page.split('\n').flatMap((line) => {
    if (!line.startsWith(name)) return [];
    const rest = line.slice(name.length);
    if (!/^[{ ]/.test(rest) || !rest.includes(label)) return [];
    const text = rest.slice(rest.lastIndexOf('}') + 1).trim();
    const value = Number(text.split(' ')[0]);
    return Number.isFinite(value) ? [value] : [];
  });
}
