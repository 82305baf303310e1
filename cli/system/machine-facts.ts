/** Limits and room of this machine that decide how many users it can play and hold. */
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

/** Both ends are in it. */
export type PortRange = { readonly first: number; readonly last: number };

/** `null`: this system does not say. */
export type MachineFacts = {
  readonly nodeVersion: string;
  readonly cores: number;
  /** Files one process may open. Node raises its own soft limit to the hard one. */
  readonly openFiles: { readonly soft: number; readonly hard: number } | null;
  /** Local ports the kernel picks from for an outgoing connection. */
  readonly ephemeralPorts: PortRange | null;
  /** Of those, the ones it is told to leave alone. */
  readonly reservedPorts: readonly PortRange[];
  /** Connections a listening socket queues before they are accepted. */
  readonly somaxconn: number | null;
  /** Memory new processes may have, container limits counted. */
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
};

/** Reads them; `folder` is where runs are kept. */
export async function readMachineFacts(folder: string): Promise<MachineFacts> {
  const [limits, ports, reserved, somaxconn, disk] = await Promise.all([
    readOrNull('/proc/self/limits'),
    readOrNull('/proc/sys/net/ipv4/ip_local_port_range'),
    readOrNull('/proc/sys/net/ipv4/ip_local_reserved_ports'),
    readOrNull('/proc/sys/net/core/somaxconn'),
    statfs(folder),
  ]);
  return {
    nodeVersion: process.version,
    cores: availableParallelism(),
    openFiles: limits === null ? null : openFilesOf(limits),
    ephemeralPorts: ports === null ? null : portsOf(ports),
    reservedPorts: parseReservedPorts(reserved ?? ''),
    somaxconn: somaxconn === null ? null : Number(somaxconn),
    freeMemoryBytes: process.availableMemory(),
    freeDiskBytes: disk.bavail * disk.bsize,
  };
}

async function readOrNull(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}

function openFilesOf(limits: string): MachineFacts['openFiles'] {
  const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits);
  return match === null ? null : { soft: limit(match[1]), hard: limit(match[2]) };
}

function limit(text: string | undefined): number {
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}

function portsOf(text: string): MachineFacts['ephemeralPorts'] {
  const match = /^(\d+)\s+(\d+)/.exec(text);
  return match === null ? null : { first: Number(match[1]), last: Number(match[2]) };
}

/** `8080,9000-9010`, as the kernel writes them. */
export function parseReservedPorts(text: string): readonly PortRange[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, first, last]) => ({
    first: Number(first),
    last: Number(last ?? first),
  }));
}
