// What the TCP fault proxy costs: round trips through an edge and past it on an idle `split`, then a
// chat bench with and without the proxy. `npm run build` first. Claims are ratios of one run.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ended, home } from './rtops.mjs';

const dist = join(import.meta.dirname, '..', 'dist', 'cli');
const load = (file) => import(pathToFileURL(join(dist, file)).href);
const { readSystemState } = await load('system/system-state.js');
const { stateFolder } = await load('system/state-folder.js');
const { measureEdgeOverhead, describeEdgeOverhead } = await load(
  'system/faults/edge/edge-overhead.js',
);

const rows = [];
for (const chaos of [false, true]) {
  const place = home();
  try {
    place.up('split', ...(chaos ? ['--chaos'] : []));
    if (chaos) {
      const folder = stateFolder(place.dir);
      const system = {
        stateDir: folder.dir,
        services: () => Promise.resolve(readSystemState(folder).services),
      };
      process.stdout.write(`${describeEdgeOverhead(await measureEdgeOverhead(system))}\n`);
    }
    const flags = ['-u', '200', '-d', '15s', '--rate', '1/s/user', '--no-default-thresholds'];
    const settings = ['--topology', 'split', ...(chaos ? ['--set', 'chaos=true'] : [])];
    await ended(place.start(['bench', ...flags, ...settings, '--reporter', 'quiet']));
    const { ops, services } = place.report();
    rows.push({
      proxy: chaos ? 'on every edge' : 'none',
      'ack p50 ms': ops['chat.ack'].latencyMs.p50.toFixed(2),
      'ack p95 ms': ops['chat.ack'].latencyMs.p95.toFixed(2),
      'delivery p95 ms': ops['chat.delivery'].latencyMs.p95.toFixed(2),
      'its CPU % of a core': (
        services.find(({ kind }) => kind === 'edges')?.cpuPct.avg ?? 0
      ).toFixed(1),
    });
  } finally {
    place.down();
  }
}
console.table(rows);
