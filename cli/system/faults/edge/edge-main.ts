/** The fault proxy's process: `node edge-main.ts <config file>`. Runs until SIGTERM. */
import { readFileSync } from 'node:fs';

import type { EdgesConfig } from '../../../topology/edges.ts';
import { openControl } from './edge-control.ts';
import { createEdgeProxy } from './edge-proxy.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('give the file with the edges');

// Written by the plan of this very version, for its owner only.
const config = JSON.parse(readFileSync(file, 'utf8')) as EdgesConfig;
const say = (problem: string) => process.stderr.write(`${problem}\n`);
const proxies = config.edges.map((edge) => createEdgeProxy(config.host, edge, say));
await Promise.all(proxies.map((proxy) => proxy.open()));
const control = await openControl(config, proxies);

process.once('SIGTERM', () => {
  control.close();
  control.closeAllConnections();
  for (const proxy of proxies) proxy.close();
  // What is still to be said to connections is said: they were reset.
  setImmediate(() => process.exit(0));
});
