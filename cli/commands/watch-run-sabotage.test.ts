/** Servers that lie: what users saw of it, live, is of the kind the ledger finds at the end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { valueOf } from '../observe/testing/parse-page.ts';
import type { Report } from '../report/report.ts';
import { freePorts } from '../system/ports.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { bench } from './bench.ts';

test.each([
  ['drop', 'missing', 'dropped'],
  ['swap', 'out_of_order', 'reordered'],
] as const)(
  'a server that does %s: the page says %s, the ledger %s',
  async (sabotage, metric, ledgerName) => {
    const world = testWorld();
    const [port = 0] = await freePorts(world, '127.0.0.1', 1);
    let over = false;
    const run = bench(world, {
      ...{ scenario: undefined, topology: 'single', set: [`server.sabotage=${sabotage}`] },
      ...{ rate: '5/s/user', stage: ['1s:60', '3s:60'], threshold: [], scale: [] },
      ...{ defaultThresholds: false, reporter: ['quiet'], json: false },
      ...{ runDir: 'run', metricsPort: port },
    }).finally(() => {
      over = true;
    });
    let page = '';
    while (!over) {
      page = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => page,
      );
      await world.clock.sleep(150);
    }
    await run;
    const file = readFileSync(join(world.cwd, 'run/report.json'), 'utf8');
    const { ledger } = JSON.parse(file) as Report;
    expect(ledger[ledgerName]).toBeGreaterThan(0);
    const seen = Object.fromEntries(
      ['missing', 'duplicate', 'out_of_order'].map((name) => [
        name,
        valueOf(page, `rtops_client_${name}_total`),
      ]),
    );
    // The last message of a room leaves no hole: that one only the ledger knows.
    expect(seen[metric]).toBeGreaterThan(0);
    expect(seen[metric]).toBeLessThanOrEqual(ledger[ledgerName]);
    expect({ ...seen, [metric]: 0 }).toEqual({ missing: 0, duplicate: 0, out_of_order: 0 });
  },
  30_000,
);
