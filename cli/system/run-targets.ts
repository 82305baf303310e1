/**
 * Runs that tell Prometheus where their page is: one file a run in `targets/` of the state folder,
 * which Prometheus watches. The file names the run's process, so that one that was killed leaves no
 * dead target behind for long.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive, selfIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

export type RunTarget = {
  readonly runId: string;
  /** `host:port` of the page. */
  readonly address: string;
  readonly topology: string;
};

/** Announces a page of this process; call the result to take it back. */
export function announceRun(stateDir: string, { runId, address, topology }: RunTarget): () => void {
  const folder = targetsFolder(stateDir);
  mkdirSync(folder, { recursive: true });
  removeStaleRuns(stateDir);
  const file = join(folder, `run-${runId}.json`);
  const { pid, startTime } = selfIdentity();
  const groups: readonly TargetGroup[] = [
    {
      targets: [address],
      // Prometheus drops labels that begin with two underscores: those are for us.
      labels: { topology, instance: 'run', __pid: String(pid), __start_time: startTime },
    },
  ];
  // Prometheus reads what ends in `.json`, and never half of it.
  writeFileSync(`${file}.tmp`, `${JSON.stringify(groups)}\n`);
  renameSync(`${file}.tmp`, file);
  return () => rmSync(file, { force: true });
}

/** Removes the files of runs whose process is gone. */
export function removeStaleRuns(stateDir: string): void {
  for (const file of staleRuns(stateDir)) {
    rmSync(join(targetsFolder(stateDir), file), { force: true });
  }
}

/** Names of the files of runs whose process is gone. */
export function staleRuns(stateDir: string): readonly string[] {
  const folder = targetsFolder(stateDir);
  let files: readonly string[];
  try {
    files = readdirSync(folder);
  } catch {
    return [];
  }
  return files.filter((file) => {
    if (!/^run-.+\.json(\.tmp)?$/.test(file)) return false;
    const owner = ownerOf(join(folder, file));
    return owner === undefined || !isAlive(owner);
  });
}

type TargetGroup = {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
};

function targetsFolder(stateDir: string): string {
  return join(stateDir, 'targets');
}

/** `undefined` for a file that no run wrote whole. */
function ownerOf(file: string): ProcessIdentity | undefined {
  try {
    const [group] = JSON.parse(readFileSync(file, 'utf8')) as readonly TargetGroup[];
    const { __pid: pid, __start_time: startTime } = group?.labels ?? {};
    return pid === undefined || startTime === undefined
      ? undefined
      : { pid: Number(pid), startTime };
  } catch {
    return undefined;
  }
}
