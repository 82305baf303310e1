/** What the processes of each service use: CPU, memory, run-queue wait; lag and connections scraped. */
import { readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

import type { ServiceSample } from '../samples/resources.ts';
import type { World } from '../world.ts';
import { allPids, groupMembers, readProc, statFields } from './process-identity.ts';
import { scrapeNode } from './scrape-node.ts';
import type { ServiceRecord } from './system-state.ts';

/** Ticks a second of /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. */
const ticksPerSec = 100;
/** Groups change seldom (a reload, a worker that died): all of /proc is read every so many times. */
const regroupEvery = 10;

/** Reads all services once; rates are since the call before, 0 in the first. */
export type Sampler = (services: readonly ServiceRecord[]) => Promise<readonly ServiceSample[]>;

/** One process's counters since its start. */
type Usage = {
  readonly cpuMs: number;
  /** Of each thread: ms it stood in the run queue. */
  readonly waitMs: ReadonlyMap<string, number>;
  readonly rssKb: number;
};

export function createSampler(world: World): Sampler {
  let before: { readonly atNs: bigint; readonly usage: ReadonlyMap<string, Usage> } | undefined;
  let members: ReadonlyMap<number, readonly number[]> = new Map();
  let calls = 0;

  return async (services) => {
    const running = services.flatMap((service) =>
      service.pid === null || service.startTime === null
        ? []
        : [{ ...service, pid: service.pid, startTime: service.startTime }],
    );
    const scraped = await Promise.all(
      running.map(({ host, metricsPort }) =>
        metricsPort === null ? undefined : scrapeNode(host, metricsPort),
      ),
    );
    const stale = calls % regroupEvery === 0 || running.some(({ pid }) => !members.has(pid));
    if (stale) members = groupsOf(running.map(({ pid }) => pid));
    calls += 1;

    const atNs = world.clock.monotonicNs();
    const previous = before;
    const elapsedMs = previous === undefined ? 0 : Number(atNs - previous.atNs) / 1e6;
    const usage = new Map<string, Usage>();
    const samples = running.map((service, at): ServiceSample => {
      let cpuMs = 0;
      let waitMs = 0;
      let rssKb = 0;
      for (const pid of members.get(service.pid) ?? [service.pid]) {
        const now = readUsage(pid);
        if (now === undefined) continue;
        // With the leader's start time: after a restart the same pid would count from zero.
        const key = `${service.startTime}/${pid}`;
        usage.set(key, now);
        rssKb += now.rssKb;
        if (previous === undefined) continue;
        const then = previous.usage.get(key);
        cpuMs += now.cpuMs - (then?.cpuMs ?? 0);
        waitMs = Math.max(waitMs, longestWait(now, then));
      }
      return {
        atMs: world.clock.now(),
        name: service.name,
        kind: service.kind,
        pid: service.pid,
        cpuPct: share(cpuMs, elapsedMs),
        rssMb: rssKb / 1024,
        waitPct: Math.min(100, share(waitMs, elapsedMs)),
        loopLagMs: scraped[at]?.loopLagMs ?? null,
        connections: scraped[at]?.connections ?? null,
        restarts: service.restarts,
      };
    });
    before = { atNs, usage };
    return samples;
  };
}

function share(partMs: number, wholeMs: number): number {
  return wholeMs <= 0 ? 0 : Math.max(0, (partMs / wholeMs) * 100);
}

/** The worst thread: one event loop that waits for a core is what users feel, not the sum of all. */
function longestWait(now: Usage, then: Usage | undefined): number {
  let longest = 0;
  for (const [thread, waitMs] of now.waitMs) {
    longest = Math.max(longest, waitMs - (then?.waitMs.get(thread) ?? 0));
  }
  return longest;
}

/** Members of the groups these pids lead. */
function groupsOf(leaders: readonly number[]): ReadonlyMap<number, readonly number[]> {
  if (process.platform !== 'linux') {
    return new Map(leaders.map((leader) => [leader, groupMembers(leader)]));
  }
  const groups = new Map<number, number[]>(leaders.map((leader) => [leader, []]));
  for (const pid of allPids()) groups.get(Number(statFields(pid)?.[2]))?.push(pid);
  return groups;
}

/** `undefined` when the process is gone. */
function readUsage(pid: number): Usage | undefined {
  if (process.platform !== 'linux') return readUsageByPs(pid);
  const fields = statFields(pid);
  const status = readProc(`/proc/${pid}/status`);
  if (fields === undefined || status === undefined) return undefined;
  // Fields 14 and 15 of the whole line: user and system time of all threads, dead ones too.
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    cpuMs: (ticks * 1000) / ticksPerSec,
    waitMs: readWaits(pid),
    rssKb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
  };
}

/** The second number of schedstat: ns spent waiting on a run queue. */
function readWaits(pid: number): ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  let threads: readonly string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return waits;
  }
  for (const thread of threads) {
    const waitedNs = readProc(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[1];
    if (waitedNs !== undefined) waits.set(thread, Number(waitedNs) / 1e6);
  }
  return waits;
}

function readUsageByPs(pid: number): Usage | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'rss=,time=', '-p', String(pid)], { encoding: 'utf8' });
    const [rssKb, time = '0'] = line.trim().split(/\s+/);
    return { cpuMs: cpuTimeMs(time), waitMs: new Map(), rssKb: Number(rssKb) };
  } catch {
    return undefined;
  }
}

/** `[[DD-]HH:]MM:SS[.ss]` as ps prints it. */
function cpuTimeMs(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-', 2) : ['0', text];
  const seconds = (clock ?? '0').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}
