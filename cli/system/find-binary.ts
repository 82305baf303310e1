/** Finds a program without a shell, also where a plain user's PATH does not look (nginx, brew). */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Looked through after PATH: Debian keeps nginx in sbin, which only root's PATH names. */
const foldersBesidePath = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * The absolute path of the first executable file called `name` in the folders of `pathEnv`, then in
 * {@link foldersBesidePath}; `undefined` when there is none. Relative folders of PATH are passed over.
 */
export async function findBinary(
  name: string,
  pathEnv: string | undefined,
): Promise<string | undefined> {
  const folders = [...(pathEnv ?? '').split(delimiter).filter(isAbsolute), ...foldersBesidePath];
  for (const folder of folders) {
    const file = join(folder, name);
    if (await isExecutableFile(file)) return file;
  }
  return undefined;
}

/** The keys that name a program to use instead of the one in PATH. */
const chosenBy: Readonly<Record<string, string>> = {
  nginx: 'RTOPS_NGINX',
  grafana: 'RTOPS_GRAFANA',
};

/**
 * How rtops finds the programs of a system: {@link findBinary} along PATH, but `RTOPS_NGINX` and
 * `RTOPS_GRAFANA` name theirs. A value that is no executable file finds nothing, and never another.
 */
export function binaryFinder(
  env: Readonly<Record<string, string | undefined>>,
): (name: string) => Promise<string | undefined> {
  return async (name) => {
    const chosen = env[chosenBy[name] ?? ''];
    if (chosen === undefined || chosen === '') return await findBinary(name, env['PATH']);
    return isAbsolute(chosen) && (await isExecutableFile(chosen)) ? chosen : undefined;
  };
}

async function isExecutableFile(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
