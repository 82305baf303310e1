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

/**
 * How rtops finds the programs of a system: {@link findBinary} along PATH, but `RTOPS_NGINX` names
 * the nginx to use. A value that is no executable file finds nothing, and never another nginx.
 */
export function binaryFinder(
  env: Readonly<Record<string, string | undefined>>,
): (name: string) => Promise<string | undefined> {
  return async (name) => {
    const chosen = name === 'nginx' ? env['RTOPS_NGINX'] : undefined;
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
