/**
 * What exists: the port between the pipeline and whatever runs the services. The process adapter
 * implements it over local children; a docker adapter can come beside it.
 */
import type { ServiceKind } from '../topology/topology.ts';
import type { Topology } from '../topology/topology.ts';
import type { ServiceSample } from '../samples/resources.ts';

/** `held`: a fault keeps it down, and its supervisor stands back. */
export type ServiceState = 'starting' | 'ready' | 'restarting' | 'held' | 'failed' | 'stopped';

/** One row of `rtops ps`. */
export type ServiceStatus = {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly pid: number | null;
  readonly host: string;
  readonly port: number;
  readonly state: ServiceState;
  readonly restarts: number;
};

/** A system that was started, by this process or by an `rtops up` in another shell. */
export type RunningSystem = {
  readonly topology: Topology;
  /** `http://127.0.0.1:PORT`: nginx, or the one server. */
  readonly url: string;
  /** Signs tokens the servers accept. Never printed. */
  readonly secret: string;
  readonly logsDir: string;
  /** `.rtops/` of this system: faults keep their journal and holds there. */
  readonly stateDir: string;
  services(): Promise<readonly ServiceStatus[]>;
  /** One reading of every service's processes now; rates are since the previous call. */
  sample(): Promise<readonly ServiceSample[]>;
  /** Stops it if this process started it; only lets go of it otherwise. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
};
