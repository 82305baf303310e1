/** What the processes of each service use: CPU, memory, run-queue wait; lag and connections scraped. */
import type { ServiceSample } from '../samples/resources.ts';
import type { World } from '../world.ts';
import { allPids, groupMembers, statFields } from './process-identity.ts';
import { readUsage } from './process-usage.ts';
import type { Usage } from './process-usage.ts';
import { scrapeNode } from './scrape-node.ts';
import type { ServiceRecord } from './system-state.ts';

/** Who is in which group is asked of all processes every so many times; of new ones each time. */
const regroupEvery = 10;

/** Reads all services once; rates are since the call before, 0 in the first. */
export type Sampler = (services: readonly ServiceRecord[]) => Promise<readonly ServiceSample[]>;

export function createSampler(world: World): Sampler {
  let before: { readonly atNs: bigint; readonly usage: ReadonlyMap<string, Usage> } | undefined;
  const membersOf = watchGroups();

  return async (services) => {
    const running = services.flatMap((service) =>
      service.pid === null || service.startTime === null
        ? []
        : [{ ...service, pid: service.pid, startTime: service.startTime }],
    );
    const scraped = await Promise.all(
      running.map(({ kind, host, metricsPort }) =>
        kind === 'server' && metricsPort !== null ? scrapeNode(host, metricsPort) : undefined,
      ),
    );
    const members = membersOf(running.map(({ pid }) => pid));

    const atNs = world.clock.monotonicNs();
    const previous = before;
    const elapsedMs = previous === undefined ? 0 : Number(atNs - previous.atNs) / 1e6;
    const usage = new Map<string, Usage>();
    const samples = running.flatMap((service, at): readonly ServiceSample[] => {
      let cpuMs = 0;
      let waitMs = 0;
      let rssKb = 0;
      let isThere = false;
      for (const pid of members.get(service.pid) ?? [service.pid]) {
        const now = readUsage(pid);
        if (now === undefined) continue;
        // A zombie has no memory left.
        isThere ||= now.rssKb > 0;
        // With the leader's start time: after a restart the same pid would count from zero.
        const key = `${service.startTime}/${pid}`;
        usage.set(key, now);
        rssKb += now.rssKb;
        if (previous === undefined) continue;
        const then = previous.usage.get(key);
        cpuMs += now.cpuMs - (then?.cpuMs ?? 0);
        waitMs = Math.max(waitMs, longestWait(now, then));
      }
      // Ended since its supervisor looked: no reading is not 0 MB.
      if (!isThere) return [];
      const one = {
        atMs: Number(atNs) / 1e6,
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
      return [one];
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

/**
 * As {@link groupsOf}, at a fraction of the cost. A process that was born since the call before is
 * in it at once: all it ever used is of this interval (nginx after a reload).
 */
function watchGroups(): (leaders: readonly number[]) => ReadonlyMap<number, readonly number[]> {
  let groups: ReadonlyMap<number, number[]> = new Map();
  let known: ReadonlySet<number> = new Set();
  let calls = 0;
  return (leaders) => {
    const all = process.platform === 'linux' ? allPids() : [];
    if (calls % regroupEvery === 0 || leaders.some((pid) => !groups.has(pid))) {
      groups = groupsOf(leaders);
    } else {
      for (const pid of all) {
        const group = known.has(pid) ? undefined : groups.get(Number(statFields(pid)?.[2]));
        if (group?.includes(pid) === false) group.push(pid);
      }
    }
    known = new Set(all);
    calls += 1;
    return groups;
  };
}

/** Members of the groups these pids lead, found in one pass over all processes. */
export function groupsOf(leaders: readonly number[]): ReadonlyMap<number, number[]> {
  if (process.platform !== 'linux') {
    return new Map(leaders.map((leader) => [leader, [...groupMembers(leader)]]));
  }
  const groups = new Map<number, number[]>(leaders.map((leader) => [leader, []]));
  for (const pid of allPids()) groups.get(Number(statFields(pid)?.[2]))?.push(pid);
  return groups;
}
