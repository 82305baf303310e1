/** The house as data: its rooms, which are pure, and who may import whom (ARCHITECTURE.md). */

/** A room: a folder of `cli/`, a file beside them, the server, its wire, or what Prometheus and Grafana read. */
export type Room =
  | 'topology'
  | 'scenario'
  | 'system'
  | 'load'
  | 'samples'
  | 'verdict'
  | 'report'
  | 'screen'
  | 'commands'
  | 'main'
  | 'world'
  | 'failure'
  | 'exit-code'
  | 'events'
  | 'inspect'
  | 'observe'
  | 'trace'
  | 'prometheus'
  | 'dashboards'
  | 'dashboards-main'
  | 'server'
  | 'metric-contract'
  | 'contract';

type RoomLaw = {
  /** No `node:` import, no async, no clock, no randomness, no process, no console. */
  readonly pure: boolean;
  readonly imports: readonly Room[];
  /** Rooms of which it may name types and nothing else. */
  readonly importsTypesOf: readonly Room[];
  /** Packages for this room alone; a devDependency will do where the room is not shipped. */
  readonly packages?: readonly string[];
};

/** Nouns every room may use. */
const nouns = ['failure', 'exit-code'] as const;

export const house: Readonly<Record<Room, RoomLaw>> = {
  topology: {
    pure: true,
    imports: [...nouns, 'prometheus', 'metric-contract'],
    importsTypesOf: [],
  },
  scenario: { pure: true, imports: [...nouns, 'topology'], importsTypesOf: [] },
  samples: { pure: true, imports: nouns, importsTypesOf: [] },
  verdict: { pure: true, imports: [...nouns, 'samples'], importsTypesOf: [] },
  report: {
    pure: true,
    imports: [...nouns, 'topology', 'scenario', 'samples', 'verdict', 'events'],
    importsTypesOf: [],
  },
  system: {
    pure: false,
    imports: [...nouns, 'topology', 'scenario', 'samples', 'events', 'metric-contract'],
    importsTypesOf: ['world'],
  },
  load: {
    pure: false,
    imports: [...nouns, 'scenario', 'samples', 'events', 'contract', 'metric-contract'],
    // Of the system only the port, `RunningSystem`: see `portOfSystem`.
    importsTypesOf: ['world', 'system'],
  },
  inspect: {
    pure: true,
    imports: [...nouns, 'report', 'metric-contract'],
    importsTypesOf: [],
  },
  trace: { pure: true, imports: [...nouns, 'samples', 'contract'], importsTypesOf: [] },
  observe: {
    pure: false,
    imports: [...nouns, 'inspect', 'samples', 'events', 'system', 'prometheus', 'metric-contract'],
    importsTypesOf: ['world', 'topology'],
  },
  screen: { pure: false, imports: [...nouns, 'report', 'events'], importsTypesOf: ['world'] },
  commands: {
    pure: false,
    imports: [
      ...nouns,
      'topology',
      'scenario',
      'system',
      'load',
      'samples',
      'verdict',
      'report',
      'screen',
      'events',
      'contract',
      'inspect',
      'observe',
      'trace',
      'prometheus',
      'metric-contract',
    ],
    importsTypesOf: ['world'],
  },
  main: { pure: false, imports: [...nouns, 'commands', 'world'], importsTypesOf: [] },
  world: { pure: false, imports: nouns, importsTypesOf: [] },
  failure: { pure: true, imports: ['exit-code'], importsTypesOf: [] },
  'exit-code': { pure: true, imports: [], importsTypesOf: [] },
  events: { pure: true, imports: [], importsTypesOf: ['samples'] },
  prometheus: { pure: true, imports: ['metric-contract'], importsTypesOf: [] },
  dashboards: {
    pure: true,
    imports: ['metric-contract', 'prometheus', 'inspect'],
    importsTypesOf: [],
    // They run when the JSON in grafana/ is written, never on a user's machine.
    packages: ['@grafana/grafana-foundation-sdk'],
  },
  'dashboards-main': { pure: false, imports: ['dashboards'], importsTypesOf: [] },
  server: { pure: false, imports: ['contract', 'metric-contract'], importsTypesOf: [] },
  'metric-contract': { pure: true, imports: [], importsTypesOf: [] },
  contract: { pure: true, imports: [], importsTypesOf: [] },
};

/** The one file of `system` that `load` may name. */
export const portOfSystem = 'cli/system/running-system.ts';

/** Packages that pure rooms may use; worldly rooms may use every one of `dependencies`. */
export const purePackages: readonly string[] = ['zod', 'yaml', 'hdr-histogram-js'];

/** Files that may touch `process.env`, the standard streams and `console`. */
export const doors: readonly RegExp[] = [
  /^cli\/world\.ts$/,
  /^cli\/main\.ts$/,
  /^server\/(config|main)\.ts$/,
  // The first file of a process that rtops starts: it has no World yet.
  /^cli\/load\/(.+\/)?[\w-]*worker-main\.ts$/,
  /^cli\/system\/faults\/(.+\/)?[\w-]+-main\.ts$/,
  /^cli\/observe\/(.+\/)?[\w-]+-main\.ts$/,
];

/** The room of a file, by its path from the project's root; `undefined` when it has none. */
export function roomOf(file: string): Room | undefined {
  // Which ids leave lines in the logs is agreed on too: `trace` reads by it what servers wrote by it.
  if (/^server\/(contract|trace\/sampler)\.ts$/.test(file)) return 'contract';
  // One contract in three files: what a family is, the server's own, and all of them.
  if (/^server\/(metric-contract|metric-family|server-metrics)\.ts$/.test(file)) {
    return 'metric-contract';
  }
  if (file === 'dashboards/generate.ts') return 'dashboards-main';
  const outside = /^(prometheus|dashboards)\/.+\.ts$/.exec(file)?.[1];
  if (outside !== undefined && isRoom(outside)) return outside;
  if (file.startsWith('server/')) return 'server';
  const match = /^cli\/(?:([\w-]+)\/.+|([\w-]+)(?:\.test)?\.tsx?)$/.exec(file);
  const name = match?.[1] ?? match?.[2];
  return name !== undefined && isRoom(name) ? name : undefined;
}

/** Tests and what only tests use: outside purity and the arrows, not outside the server's wall. */
export function isTestFile(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || /(^|\/)testing\//.test(file);
}

function isRoom(name: string): name is Room {
  return Object.hasOwn(house, name);
}
