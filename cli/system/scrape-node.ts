/** Asks a server's metrics port for what only the process itself knows. */
import { request } from 'undici';

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
    const { statusCode, body } = await request(`http://${host}:${port}/metrics`, { signal });
    const text = await body.text();
    return statusCode === 200 ? readNodeGauges(text) : none;
  } catch {
    return none;
  }
}

/** The two gauges out of a page in Prometheus' text format. */
export function readNodeGauges(page: string): NodeGauges {
  const lagSec = valueOf(page, 'rtops_server_event_loop_lag_seconds', 'quantile="0.99"');
  return {
    loopLagMs: lagSec === null ? null : lagSec * 1000,
    connections: valueOf(page, 'rtops_server_connections', undefined),
  };
}

/** The value of the first series of that name that has the label, or of any when none is asked. */
function valueOf(page: string, name: string, label: string | undefined): number | null {
  for (const line of page.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (!/^[{ ]/.test(rest) || (label !== undefined && !rest.includes(label))) continue;
    const value = Number(
      rest
        .slice(rest.lastIndexOf('}') + 1)
        .trim()
        .split(' ')[0],
    );
    return Number.isFinite(value) ? value : null;
  }
  return null;
}
