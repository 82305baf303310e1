/** A topology file, with settings over it, to a {@link Topology}. */
import { applySettings } from './settings.ts';
import type { Topology } from './topology.ts';
import { topologySchema } from './topology-schema.ts';
import { readYaml } from './yaml-document.ts';
import type { Environment } from './yaml-environment.ts';

/**
 * @param fileName as printed in errors; its stem is the topology's name when the file gives none.
 * @param settings `--set` texts, such as `ws.count=4`; put over the file in order.
 * @throws Failure `badFile` for the file, `usage` for a setting.
 */
export function parseTopology(
  text: string,
  fileName: string,
  env: Environment,
  settings: readonly string[],
): Topology {
  const { data, value } = readYaml(
    { text, fileName, env },
    topologySchema,
    'rtops schema topology prints what may be written',
  );
  const document = settings.length === 0 ? value : applySettings(data, settings);
  const { server, restart } = document;
  return {
    name: document.name ?? fileStem(fileName),
    description: document.description.trim(),
    messagePath: document.messagePath,
    all: document.all,
    api: document.api,
    ws: document.ws,
    proxy: document.proxy,
    redis: document.redis,
    server: {
      pingIntervalMs: server.pingInterval,
      pingTimeoutMs: server.pingTimeout,
      rateLimit: server.rateLimit,
      maxConnections: server.maxConnections,
      corsOrigins: server.corsOrigins,
      sabotage: server.sabotage,
      faults: server.faults,
      traceSample: server.traceSample,
    },
    restart: { policy: restart.policy, delayMs: restart.delay, maxRetries: restart.maxRetries },
    chaos: document.chaos,
    monitoring: document.monitoring,
    alerts: document.alerts,
    ports: document.ports,
  };
}

/** `a/b/my.yaml` → `my`. */
export function fileStem(fileName: string): string {
  return (fileName.split(/[\\/]/).at(-1) ?? fileName).replace(/\.ya?ml$/, '');
}
