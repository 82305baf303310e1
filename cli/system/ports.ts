/** Ports on loopback: which are free, and who sits on one that is not. */
import { createServer } from 'node:net';
import { readdirSync, readlinkSync } from 'node:fs';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { allPids, programOf, readProc } from './process-identity.ts';

/**
 * Below the ports the kernel hands to outgoing connections (32768 on Linux, 49152 on macOS): a
 * server that restarts under load must not find its port given to one of nginx's connections. Where
 * somebody widened that range, `doctor` says how to keep these out of it.
 */
export const servicePorts = { first: 20_000, last: 31_999 } as const;

/** `count` different ports nobody listens on now, near each other, from a random start. */
export async function freePorts(
  world: Pick<World, 'random'>,
  host: string,
  count: number,
  except: readonly number[] = [],
): Promise<readonly number[]> {
  const { first, last } = servicePorts;
  const span = last - first + 1;
  const start = Math.floor(world.random() * span);
  const found: number[] = [];
  for (let at = 0; at < span && found.length < count; at += 1) {
    const port = first + ((start + at) % span);
    if (!except.includes(port) && (await portProblem(host, port)) === undefined) found.push(port);
  }
  if (found.length < count) {
    throw new Failure(
      exitCode.notReady,
      `no ${count} free ports between ${first} and ${last} on ${host}`,
      { next: 'ss -ltn' },
    );
  }
  return found;
}

/** Why one cannot listen there: `EADDRINUSE`, `EACCES`, `not a port`, …; `undefined` when one can. */
export async function portProblem(host: string, port: number): Promise<string | undefined> {
  // Port 0 would be any free one, and above 65535 `listen` throws.
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'not a port';
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The process that listens on a port, as `pid 12 (nginx)`; `undefined` where that cannot be seen. */
export function portOwner(port: number): string | undefined {
  const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const targets = inodes.map((inode) => `socket:[${inode}]`);
  const pid = allPids().find((candidate) => holdsOneOf(candidate, targets));
  return pid === undefined ? undefined : `pid ${pid} (${programOf(pid)})`;
}

/** Inodes of listening sockets (state 0A) in /proc/net/tcp*, whose lines name ports in hex. */
function listeningInodes(table: string, port: number): readonly string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return (readProc(`/proc/net/${table}`) ?? '').split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    const listens = fields[1]?.endsWith(`:${hex}`) === true && fields[3] === '0A';
    return listens && inode !== undefined ? [inode] : [];
  });
}

function holdsOneOf(pid: number, targets: readonly string[]): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => {
      try {
        return targets.includes(readlinkSync(`${folder}/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
