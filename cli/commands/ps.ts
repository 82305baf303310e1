/** `rtops ps`: what is up in this folder. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseBrokenState } from '../system/broken-state.ts';
import { isAlive } from '../system/process-identity.ts';
import { stateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import type { SystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';
import { observeLines, systemDocument } from './system-document.ts';

/** It informs and does not judge: 0 whatever is up, and when nothing is. Throws 120 when that cannot be told. */
export function ps(world: World, { json }: { readonly json: boolean }): ExitCode {
  const folder = stateFolder(world.cwd);
  refuseBrokenState(folder);
  const recorded = readSystemState(folder);
  const state = recorded !== undefined && isAlive(recorded.supervisor) ? recorded : undefined;
  if (json) {
    world.stdout.write(systemDocument(folder, state));
  } else if (state !== undefined) {
    world.stdout.write(table(state));
  } else {
    world.stdout.write('nothing is up in this folder. Next: rtops up -d\n');
    if (recorded !== undefined) {
      world.stderr.write('a killed rtops left records behind. Next: rtops heal\n');
    }
  }
  return exitCode.pass;
}

function table({ topology, url, phase, supervisor, services }: SystemState): string {
  const rows = [
    ['NAME', 'KIND', 'PID', 'ADDRESS', 'STATE', 'RESTARTS'],
    ...services.map(({ name, kind, pid, host, port, state, restarts }) => [
      name,
      kind,
      pid === null ? '-' : String(pid),
      `${host}:${port}`,
      state,
      String(restarts),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${topology.name} ${phase} at ${url} (supervisor pid ${supervisor.pid})\n${lines.join('\n')}\n${observeLines(services)}`;
}
