/** Scenario and topology files by name or path: the one place that reads them. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { parseScenario } from '../scenario/parse-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { parseTopology } from '../topology/parse-topology.ts';
import { scaleSettings } from '../topology/settings.ts';
import type { Topology } from '../topology/topology.ts';
import { thresholdProblem } from '../verdict/threshold.ts';
import type { World } from '../world.ts';
import { packageFile } from './package-file.ts';

/**
 * @param nameOrPath a shipped name (`scaled`), or a path: it ends in .yaml or .yml, has a slash, or is `.` or `..`.
 * @param settings `--set` texts; `scale` texts of `--scale`, put over the file after them.
 * @throws Failure `badFile` for the file, `usage` for a setting.
 */
export async function readTopology(
  world: World,
  nameOrPath: string,
  settings: readonly string[],
  scale: readonly string[],
): Promise<Topology> {
  const all = [...settings, ...scaleSettings(scale)];
  const { text, fileName } = await readDocument(world, 'topology', nameOrPath);
  return parseTopology(text, fileName, world.env, all);
}

/**
 * The scenario with its thresholds checked.
 *
 * @throws Failure `badFile`
 */
export async function readScenario(world: World, nameOrPath: string): Promise<Scenario> {
  const { text, fileName } = await readDocument(world, 'scenario', nameOrPath);
  return parseScenario(text, fileName, world.env, thresholdProblem);
}

type Kind = 'scenario' | 'topology';

const shippedFolder: Readonly<Record<Kind, string>> = {
  scenario: 'scenarios',
  topology: 'scenarios/topologies',
};

/** A document of people's making is far below this; it keeps a mistaken path from filling memory. */
const mostBytes = 1024 * 1024;

async function readDocument(
  world: World,
  kind: Kind,
  nameOrPath: string,
): Promise<{ text: string; fileName: string }> {
  const isPath =
    /\.ya?ml$/.test(nameOrPath) || /[\\/]/.test(nameOrPath) || /^\.{1,2}$/.test(nameOrPath);
  const shipped = await shippedNames(kind);
  if (!isPath && !shipped.includes(nameOrPath)) throw notShipped(kind, nameOrPath, shipped);
  const path = isPath
    ? isAbsolute(nameOrPath)
      ? nameOrPath
      : resolve(world.cwd, nameOrPath)
    : packageFile(join(shippedFolder[kind], `${nameOrPath}.yaml`));
  const bytes = await readStart(path, mostBytes + 1).catch((error: unknown) => {
    throw unreadable(kind, nameOrPath, shipped, error);
  });
  if (bytes.length > mostBytes) {
    throw new Failure(exitCode.badFile, `${nameOrPath} is too large for a ${kind}`, {
      why: `it has more than ${mostBytes} bytes`,
    });
  }
  return { text: bytes.toString('utf8'), fileName: isPath ? nameOrPath : `${nameOrPath}.yaml` };
}

/** Of a pipe or a device too, whose size nobody knows before. */
async function readStart(path: string, bytes: number): Promise<Buffer> {
  const stream: AsyncIterable<Buffer> = createReadStream(path, { end: bytes - 1 });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function shippedNames(kind: Kind): Promise<readonly string[]> {
  const files = await readdir(packageFile(shippedFolder[kind]));
  return files.filter((file) => file.endsWith('.yaml')).map((file) => basename(file, '.yaml'));
}

function notShipped(kind: Kind, name: string, shipped: readonly string[]): Failure {
  const near = nearestName(name, shipped);
  return new Failure(exitCode.badFile, `there is no ${kind} ${JSON.stringify(name)}`, {
    why: `shipped are ${shipped.toSorted().join(', ')}; a file of your own is given by its path, such as ./${/^[\w-]+$/.test(name) ? name : 'my'}.yaml`,
    ...(near !== undefined && { next: `did you mean ${near}?` }),
  });
}

function unreadable(kind: Kind, path: string, shipped: readonly string[], cause: unknown): Failure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const stem = basename(path).replace(/\.ya?ml$/, '');
  const near = nearestName(stem, shipped);
  const why =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EISDIR'
        ? 'it is a folder'
        : code === 'EACCES'
          ? 'it may not be read by this user'
          : code;
  return new Failure(exitCode.badFile, `the ${kind} file ${path} cannot be read: ${why}`, {
    why: `shipped under a plain name are ${shipped.toSorted().join(', ')}`,
    ...(near !== undefined && { next: `the shipped one is called ${near}, without a path` }),
    cause,
  });
}
