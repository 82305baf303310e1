/** Looks at this machine and picks ports: the {@link Site} a topology is planned for. */
import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { hasNativeSticky, nativeStickySince } from '../topology/nginx-features.ts';
import type { Site } from '../topology/plan.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { binaryFinder } from './find-binary.ts';
import { surveyObservers } from './observer-site.ts';
import { readProc } from './process-identity.ts';
import { nginxVersion } from './nginx-version.ts';
import { choosePorts } from './site-ports.ts';
import type { StateFolder } from './state-folder.ts';

/** What of a site may be chosen. */
export type SiteWishes = {
  /** The port clients dial; a free one otherwise. */
  readonly port?: number;
  /** What `node` runs instead of the reference server. */
  readonly serverArgv?: readonly string[];
  /** How a program is found; by default in the world's PATH and beside it. */
  readonly findBinary?: (name: string) => Promise<string | undefined>;
};

const host = '127.0.0.1';

/** Throws 120 for a missing binary and for a wished port that is taken. */
export async function surveySite(
  world: World,
  folder: StateFolder,
  topology: Topology,
  wishes: SiteWishes,
): Promise<Site> {
  const find = wishes.findBinary ?? binaryFinder(world.env);
  const binaries = await findBinaries(topology, find, world.env['RTOPS_NGINX']);
  const observe = await surveyObservers(world, host, topology, find);
  const ports = await choosePorts(world, host, topology, {
    entry: wishes.port,
    hasGrafana: observe?.grafana != null,
  });
  return {
    dir: folder.dir,
    host,
    ...ports,
    binaries,
    serverArgv: wishes.serverArgv ?? [referenceServer()],
    secret: randomBytes(32).toString('base64url'),
    env: cleanEnv(world),
    openFilesLimit: openFilesLimit(),
    nginxUser: nginxUser(),
    observe,
  };
}

/** The server's entry file: TypeScript in a checkout, JavaScript in `dist/`. */
function referenceServer(): string {
  const extension = extname(import.meta.url);
  return fileURLToPath(new URL(`../../server/main${extension}`, import.meta.url));
}

async function findBinaries(
  topology: Topology,
  lookFor: (name: string) => Promise<string | undefined>,
  chosenNginx: string | undefined,
): Promise<Site['binaries']> {
  const pinsCores = [topology.all, topology.api, topology.ws].some((pool) => pool?.cores != null);
  const find = async (name: string, needed: boolean, neededFor: string) => {
    if (!needed) return null;
    const path = await lookFor(name);
    if (path !== undefined) return path;
    if (name === 'nginx' && chosenNginx !== undefined && chosenNginx !== '') {
      throw new Failure(exitCode.notReady, 'RTOPS_NGINX names no program', {
        why: `${chosenNginx} is not the absolute path of an executable file`,
        next: 'give it such a path, or unset it to use the nginx in PATH',
      });
    }
    throw new Failure(exitCode.notReady, `${name} is not installed`, {
      why: `topology ${topology.name} needs it for ${neededFor}`,
      next: 'rtops setup',
    });
  };
  const nginx = await find('nginx', topology.proxy !== null, 'its proxy');
  if (nginx !== null && topology.proxy?.ws.balance === 'native') await assertHasSticky(nginx);
  return {
    node: process.execPath,
    nginx,
    redisServer: await find('redis-server', topology.redis !== null, 'its message log'),
    taskset: await find('taskset', pinsCores, 'pinning servers to cores'),
  };
}

/** Throws 120 when this nginx has no `sticky`, before a file it could not read is written for it. */
async function assertHasSticky(nginx: string): Promise<void> {
  const version = await nginxVersion(nginx);
  if (version !== undefined && hasNativeSticky(version)) return;
  throw new Failure(exitCode.notReady, 'this nginx has no `sticky`', {
    why: `balance native needs nginx ${nativeStickySince} or newer; ${nginx} is ${version ?? 'of an unknown version'}`,
    next: 'RTOPS_NGINX=/path/to/a/newer/nginx, or --set proxy.ws.balance=cookie, which works everywhere',
  });
}

/** Nothing else of the caller's environment reaches a service: a stray setting would change it. */
function cleanEnv(world: World): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TZ'].flatMap((key) => {
      const value = world.env[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The hard limit, up to which nginx and Node raise their own. */
function openFilesLimit(): number {
  const fallback = 1024;
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readProc('/proc/self/limits') ?? '')?.[1];
  const text = line ?? execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (text === 'unlimited') return 1_048_576;
  return Number.parseInt(text, 10) || fallback;
}

/** As root nginx would run its workers as `nobody`, who may not enter the state folder. */
function nginxUser(): string | null {
  if (process.getuid?.() !== 0) return null;
  return process.platform === 'darwin' ? 'root wheel' : 'root';
}
