/** What a site must have for a plan; the runner had to look first. */
import type { Site } from './plan.ts';

/** @throws RangeError when the site has none. */
export function portOf(site: Site, name: string, which: 'port' | 'metricsPort' = 'port'): number {
  const port = site.ports[name]?.[which];
  if (port == null) throw new RangeError(`the site has no ${which} for ${name}`);
  return port;
}

/** @throws RangeError when there is none. */
export function needed(binary: string | null, name: string): string {
  if (binary === null) throw new RangeError(`the site has no ${name}`);
  return binary;
}
