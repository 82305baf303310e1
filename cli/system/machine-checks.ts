/** From facts of a machine to what they mean for a run. */
import type { MachineFacts, PortRange } from './machine-facts.ts';
import { servicePorts } from './ports.ts';
import type { FoundPrerequisite } from './prerequisites.ts';

/** `missing` stops a command of rtops; `warn` bounds it or will be in its way. */
export type Check = {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'missing';
  readonly found: string;
  /** The command or the edit that mends it; `null` when there is nothing to mend. */
  readonly next: string | null;
};

const mebibyte = 1024 * 1024;
const lowestNodeMajor = 24;
/** `chat-1000` through one nginx worker opens 2,000; the same again as room. */
const enoughFiles = 4096;
/** nginx dials each server from one address, so a server has at most one user a port. */
const enoughPorts = 10_000;
/** Node's own backlog: a shorter queue drops connections when users arrive together. */
const enoughBacklog = 511;
/** 1,000 users on `scaled`, servers and load workers together, with room to spare. */
const enoughMemoryBytes = 1024 * mebibyte;
/** A run of 10 million deliveries keeps 240 MB of history. */
const enoughDiskBytes = 1024 * mebibyte;
/** Files a server, a load worker or nginx has open besides its users. */
const ownFiles = 100;

/** One row a fact, always in this order. */
export function machineChecks(facts: MachineFacts): readonly Check[] {
  return [
    nodeCheck(facts),
    coresCheck(facts),
    filesCheck(facts),
    portsCheck(facts),
    backlogCheck(facts),
    memoryCheck(facts),
    diskCheck(facts),
  ];
}

/** A row for a program rtops runs. */
export function prerequisiteCheck({ prerequisite, path, version }: FoundPrerequisite): Check {
  const { name, purpose, audience } = prerequisite;
  if (path === undefined) {
    // Observers are asked for by name; without them every other command works.
    return audience === 'observers'
      ? { name, state: 'warn', found: `not here, for ${purpose}`, next: 'rtops setup' }
      : { name, state: 'missing', found: `for ${purpose}`, next: 'rtops setup' };
  }
  return { name, state: 'ok', found: `${version ?? 'version unknown'} (${path})`, next: null };
}

function nodeCheck({ nodeVersion }: MachineFacts): Check {
  const isNewEnough = Number(/^v(\d+)/.exec(nodeVersion)?.[1]) >= lowestNodeMajor;
  return {
    name: 'node',
    state: isNewEnough ? 'ok' : 'missing',
    found: nodeVersion,
    next: isNewEnough ? null : `install Node ${lowestNodeMajor} or newer`,
  };
}

function coresCheck({ cores }: MachineFacts): Check {
  return {
    name: 'cores',
    state: cores >= 2 ? 'ok' : 'warn',
    found: `${cores}`,
    next:
      cores >= 2 ? null : 'give the machine 2 cores: load and servers disturb each other on one',
  };
}

function filesCheck({ openFiles }: MachineFacts): Check {
  const name = 'open files';
  if (openFiles === null) return unknown(name);
  const { soft, hard } = openFiles;
  const isEnough = hard >= enoughFiles;
  const users = Math.max(0, hard - ownFiles);
  const allows = Number.isFinite(hard)
    ? `about ${count(users)} users per server or load worker, ${count(Math.floor(users / 2))} per nginx worker`
    : 'no limit on users';
  return {
    name,
    state: isEnough ? 'ok' : 'warn',
    found: `soft ${count(soft)}, hard ${count(hard)}: ${allows}`,
    next: isEnough
      ? null
      : "raise the hard limit: 'ulimit -Hn 65536' as root, or LimitNOFILE=65536 in the unit",
  };
}

function portsCheck({ ephemeralPorts, reservedPorts }: MachineFacts): Check {
  const name = 'ephemeral ports';
  if (ephemeralPorts === null) return unknown(name);
  const { first, last } = ephemeralPorts;
  const ports = last - first + 1;
  const found = `${first}-${last}: about ${count(ports)} users per server behind nginx`;
  if (ports < enoughPorts) {
    const next = "sudo sysctl -w net.ipv4.ip_local_port_range='32768 60999'";
    return { name, state: 'warn', found, next };
  }
  const ours = servicePorts;
  const isReserved = reservedPorts.some((one) => one.first <= ours.first && one.last >= ours.last);
  if (isReserved || first > ours.last || last < ours.first) {
    return { name, state: 'ok', found, next: null };
  }
  // A server that was killed may find its port given away while it was down.
  const range = rangeText(ours);
  return {
    ...{ name, state: 'warn' },
    found: `${found}; services of rtops listen on ${range}, and one that restarts may find its port taken`,
    // It replaces what is reserved already.
    next: `sudo sysctl -w net.ipv4.ip_local_reserved_ports=${[...reservedPorts.map(rangeText), range].join(',')}`,
  };
}

function rangeText({ first, last }: PortRange): string {
  return `${first}-${last}`;
}

function backlogCheck({ somaxconn }: MachineFacts): Check {
  if (somaxconn === null) return unknown('somaxconn');
  const isEnough = somaxconn >= enoughBacklog;
  return {
    name: 'somaxconn',
    state: isEnough ? 'ok' : 'warn',
    found: `${somaxconn} connections wait to be accepted`,
    next: isEnough ? null : 'sudo sysctl -w net.core.somaxconn=4096',
  };
}

function memoryCheck({ freeMemoryBytes }: MachineFacts): Check {
  const isEnough = freeMemoryBytes >= enoughMemoryBytes;
  return {
    name: 'free memory',
    state: isEnough ? 'ok' : 'warn',
    found: mebibytes(freeMemoryBytes),
    next: isEnough ? null : 'free some, or run with fewer users: rtops bench -u 100',
  };
}

function diskCheck({ freeDiskBytes }: MachineFacts): Check {
  const isEnough = freeDiskBytes >= enoughDiskBytes;
  return {
    name: 'free disk',
    state: isEnough ? 'ok' : 'warn',
    found: `${mebibytes(freeDiskBytes)} here`,
    next: isEnough ? null : 'remove old runs in .rtops/runs, or use --run-dir on another disk',
  };
}

function unknown(name: string): Check {
  return { name, state: 'ok', found: 'this system does not say', next: null };
}

function mebibytes(bytes: number): string {
  return `${count(Math.floor(bytes / mebibyte))} MB`;
}

function count(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US') : 'unlimited';
}
