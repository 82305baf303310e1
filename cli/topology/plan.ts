/** From what should exist to what must be run: argv, environment, files and ready checks as values. */
import type { RestartPolicy, ServerRole, ServiceKind, Topology } from './topology.ts';

/** How to know that a service can take work. */
export type ReadyCheck =
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'redis'; readonly port: number }
  | { readonly kind: 'tcp'; readonly port: number };

/** One process to run. Everything a runner needs and nothing that only a runner can know. */
export type PlannedService = {
  /** `nginx`, `redis`, `server-1`, `api-1`, `ws-1`, … */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly role: ServerRole | null;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number | null;
  /** Files to write before the start; absolute paths. */
  readonly files: readonly {
    readonly path: string;
    readonly text: string;
    readonly mode: number;
  }[];
  /** Folders to make before the start; absolute paths. */
  readonly folders: readonly string[];
  readonly ready: ReadyCheck;
  readonly dependsOn: readonly string[];
  /** The signal that asks it to end by itself, and how long it may take. */
  readonly stop: { readonly signal: 'SIGTERM' | 'SIGQUIT'; readonly graceMs: number };
  readonly restart: RestartPolicy;
};

/** Services in the order they start; they stop in reverse. */
export type Plan = {
  readonly topology: Topology;
  /** Where clients dial. */
  readonly entry: { readonly host: string; readonly port: number };
  readonly services: readonly PlannedService[];
};
