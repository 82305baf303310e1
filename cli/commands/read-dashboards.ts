/** Dashboards and provisioned data sources from files: the package's own, or those named. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Dashboard, DataSource } from '../inspect/dashboard.ts';
import { parseDashboard } from '../inspect/parse-dashboard.ts';
import { parseProvisionedSources } from '../inspect/parse-data-sources.ts';
import type { World } from '../world.ts';
import { packageFile } from './package-file.ts';

/**
 * @param paths files and folders; none: the dashboards of the package
 * @throws Failure badFile (104) for what cannot be read, or a folder without any
 */
export async function readDashboards(
  world: Pick<World, 'cwd'>,
  paths: readonly string[],
): Promise<readonly Dashboard[]> {
  const asked = paths.length === 0 ? [packageFile('grafana/dashboards')] : paths;
  const files = await Promise.all(asked.map((path) => jsonFiles(resolve(world.cwd, path))));
  const dashboards = await Promise.all(
    files.flat().map(async (file) => {
      const shown = relative(world.cwd, file);
      return parseDashboard(await readJson(file), shown.startsWith('..') ? file : shown);
    }),
  );
  if (dashboards.length > 0) return dashboards;
  throw new Failure(exitCode.badFile, `there is no dashboard in ${asked.join(', ')}`, {
    why: 'Files that end in .json are expected.',
  });
}

/** The data sources that the package's Grafana is provisioned with. */
export async function provisionedSources(): Promise<readonly DataSource[]> {
  const file = packageFile('grafana/provisioning/datasources/rtops.yml');
  return parseProvisionedSources(await readText(file), file);
}

async function jsonFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.json'))
    .toSorted(overviewFirst)
    .map((name) => join(path, name));
}

/** What users got, then the causes: as one looks. The rest by name. */
function overviewFirst(a: string, b: string): number {
  const isOverview = (name: string): boolean => name.includes('overview');
  if (isOverview(a) !== isOverview(b)) return isOverview(a) ? -1 : 1;
  return a < b ? -1 : 1;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(exitCode.badFile, `${file} is not JSON`, { why: messageOf(error) });
  }
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
}

function unreadable(path: string, error: unknown): Failure {
  return new Failure(exitCode.badFile, `cannot read ${path}`, {
    why: messageOf(error),
    cause: error,
  });
}
