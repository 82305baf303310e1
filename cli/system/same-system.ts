/** Whether what is up is what was asked for. */
import type { Topology } from '../topology/topology.ts';

/** The first difference as a sentence; `undefined` when they are the same. */
export function sameSystem(running: Topology, wanted: Topology): string | undefined {
  if (running.name !== wanted.name) {
    return `topology ${running.name} is up, ${wanted.name} was asked for`;
  }
  // Observers that nobody asked for are in nobody's way.
  const asWatched = wanted.monitoring ? running : { ...running, ...unwatched(wanted) };
  const found = firstDifference(asWatched, wanted, []);
  return found === undefined
    ? undefined
    : `${found.path.join('.')} is ${shown(found.running)}, ${shown(found.wanted)} was asked for`;
}

function unwatched(wanted: Topology): Pick<Topology, 'monitoring' | 'alerts' | 'ports'> {
  const { monitoring, alerts, ports } = wanted;
  return { monitoring, alerts, ports };
}

type Difference = {
  readonly path: readonly string[];
  readonly running: unknown;
  readonly wanted: unknown;
};

function firstDifference(
  running: unknown,
  wanted: unknown,
  path: readonly string[],
): Difference | undefined {
  if (!isObject(running) || !isObject(wanted)) {
    return Object.is(running, wanted) ? undefined : { path, running, wanted };
  }
  // What is written about a topology does not change what it is.
  const keys = new Set([...Object.keys(running), ...Object.keys(wanted)]);
  if (path.length === 0) keys.delete('description');
  for (const key of keys) {
    const found = firstDifference(running[key], wanted[key], [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
