/** The gate: every panel of every dashboard has data after a run with a fault, on the real programs. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import type { CheckDocument } from '../cli/inspect/check-document.ts';
import { newHome } from './testing/rtops.ts';
import type { Home } from './testing/rtops.ts';

const shipped = join(import.meta.dirname, '..', 'grafana', 'dashboards');

test('scaled, in health and with a node killed under load: no panel, variable, band or rule is empty that should not be', async () => {
  const home = newHome();
  const up = await home.run('up', 'scaled', '--observe', '-d');
  expect(up.code, up.stderr).toBe(0);
  // What docs/dashboards-check.md says first: nothing is wrong, and nothing is called so.
  await home.run('bench', '--stage', '2s:40', '--stage', '8s:40', '--stage', '1s:0');
  const healthy = await check(home);
  expect(wrong(healthy.document)).toEqual([]);
  expect(healthy.code).toBe(0);

  const stages = ['--stage', '4s:100', '--stage', '24s:100', '--stage', '2s:0'];
  await home.run('failover-test', ...stages, '--fault', 'kill@ws-2,at=11s,for=5s');

  const checked = await check(home, '--sheet', 'sheet.html');
  expect(wrong(checked.document)).toEqual([]);
  expect(checked.code).toBe(0);
  expect(checked.document.run).toBe(home.report().run.id);
  expect(checked.document.totals.panels).toBeGreaterThan(100);
  const skipped = checked.document.rows.filter((row) => row.verdict === 'skipped');
  expect(new Set(skipped.map(({ why }) => why))).toEqual(new Set(['no Loki here']));
  expect(readFileSync(join(home.dir, 'sheet.html'), 'utf8')).toContain('kill ws-2');
  // There are ten colours, in Grafana's palette and in the sheet's.
  const many = checked.document.rows.filter(({ kind, count }) => kind === 'panel' && count > 10);
  expect(many.map(({ name }) => name).filter((name) => titlesOf('timeseries').has(name))).toEqual(
    [],
  );
  expect(many.length).toBeGreaterThan(0);

  // The same dashboards with metrics misspelt, one of them of a panel that is empty while all is
  // well, and one label changed: each is found, and named.
  sabotage(home, (text) =>
    text
      .replaceAll('rtops_client_active_users', 'rtops_client_activ_users')
      .replaceAll('rtops_server_slow_clients_closed', 'rtops_server_slow_client_closed')
      .replaceAll('job=\\"nginx\\"', 'job=\\"proxy\\"'),
  );
  const broken = await check(home, 'broken');
  expect(broken.code).toBe(99);
  expect(wrong(broken.document).join('\n')).toMatch(/Slow clients closed · empty/);
  const causes = broken.document.rows.flatMap(({ cause }) => cause ?? []);
  expect(causes).toEqual(expect.arrayContaining(['never-created', 'label-mismatch']));
});

/** Of the shipped panels of a type; rows hold the panels that are folded away. */
function titlesOf(type: string): ReadonlySet<string> {
  type Panel = { readonly type: string; readonly title: string; readonly panels?: Panel[] };
  const files = readdirSync(shipped).map((file) => readFileSync(join(shipped, file), 'utf8'));
  const panels = files.flatMap((text) => (JSON.parse(text) as { panels: Panel[] }).panels);
  const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return new Set(all.filter((panel) => panel.type === type).map(({ title }) => title));
}

async function check(home: Home, ...args: string[]) {
  const { code, stdout, stderr } = await home.run('dashboards', 'check', ...args, '--json');
  expect(stdout, stderr).toMatch(/^\{/);
  return { code, document: JSON.parse(stdout) as CheckDocument };
}

function wrong({ rows }: CheckDocument): readonly string[] {
  const fine = ['ok', 'healthy', 'skipped'];
  return rows
    .filter(({ verdict }) => !fine.includes(verdict))
    .map((row) => `${row.dashboard} · ${row.kind} ${row.name} · ${row.verdict}: ${row.why}`);
}

/** Copies of the shipped dashboards with their text changed. */
function sabotage(home: Home, change: (text: string) => string): void {
  const folder = join(home.dir, 'broken');
  mkdirSync(folder);
  for (const file of readdirSync(shipped)) {
    writeFileSync(join(folder, file), change(readFileSync(join(shipped, file), 'utf8')));
  }
}
