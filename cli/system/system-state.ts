/** `.rtops/state.json`: what is up in a folder, for every other rtops that looks. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

import type { ServerRole, ServiceKind, Topology } from '../topology/topology.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { ServiceState, ServiceStatus } from './running-system.ts';
import type { StateFolder } from './state-folder.ts';

/** One service, as its supervisor last saw it. */
export type ServiceRecord = ServiceStatus & {
  readonly role: ServerRole | null;
  /** With `pid` the identity of the leader of the service's process group; `null` when not running. */
  readonly startTime: string | null;
  readonly metricsPort: number | null;
  readonly state: ServiceState;
  readonly kind: ServiceKind;
};

export type SystemState = {
  readonly schemaVersion: 1;
  readonly phase: 'starting' | 'ready' | 'stopping';
  readonly startedAtMs: number;
  readonly supervisor: ProcessIdentity;
  /** The supervisor is a run that started it for itself: it writes its report before it stops it. */
  readonly ofRun?: true;
  readonly topology: Topology;
  readonly url: string;
  readonly secret: string;
  readonly services: readonly ServiceRecord[];
};

/** The state on disk; `undefined` when there is none or it is not one that this version wrote. */
export function readSystemState(folder: Pick<StateFolder, 'stateFile'>): SystemState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(folder.stateFile, 'utf8'));
    return isSystemState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the state in one step: a reader sees the old or the new, never half. Mode 0600. */
export function writeSystemState(folder: StateFolder, state: SystemState): void {
  const beside = `${folder.stateFile}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(beside, folder.stateFile);
}

export function removeSystemState(folder: StateFolder): void {
  rmSync(folder.stateFile, { force: true });
}

function isSystemState(value: unknown): value is SystemState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'schemaVersion' in value &&
    value.schemaVersion === 1 &&
    'supervisor' in value &&
    'services' in value &&
    Array.isArray(value.services)
  );
}
