/** Drives one mode: many sessions, the same without cookies, and what is done to nodes and proxy under them. */
import type { StickyPass } from '../../samples/sticky-session.ts';
import type { World } from '../../world.ts';
import { createCookieJar } from '../cookie-jar.ts';
import { inParts, openInParts } from './in-parts.ts';
import { playMoments } from './play-moments.ts';
import type { StickyMoments } from './play-moments.ts';
import { probeSession, recordOf } from './session-probe.ts';
import type { SessionPlan } from './session-probe.ts';
import type { Speech } from './speech.ts';
import { stickySource } from './sticky-source.ts';
import type { StickyClient } from './sticky-client.ts';

export type StickyProbe = {
  readonly url: string;
  readonly sessions: number;
  /** All clients behind one address. */
  readonly nat: boolean;
  /** Whether clients send cookies back. */
  readonly cookies: boolean;
  /** Also a few sessions that drop theirs: the proof that the cookie is what sticks. */
  readonly dropCookiesToo: boolean;
  readonly speech: Speech;
  readonly nodeOf: (address: string) => string;
  /** Clients that open WebSockets alone. */
  readonly socketOnly?: boolean;
  /** What is done to the system under open sessions; `null`: nothing. */
  readonly moments: StickyMoments | null;
  readonly signal: AbortSignal;
};

/** Questions by polling before the one that is held: enough follow-ups for any balance to err. */
const rounds = 3;
const heldMs = 1100;
const withoutCookies = 12;
/**
 * Clients in step are blind: 60 of them over 3 nodes in turn each meet the same node again, because
 * 60 is a multiple of 3, and round robin looks sticky.
 */
const staggerMs = 25;
/** How long the WebSockets stand before they are counted. */
const watchedMs = 1000;

/** Never throws for what a target does; rejects when `signal` fires. */
export async function probeStickiness(world: World, probe: StickyProbe): Promise<StickyPass> {
  const startedNs = world.clock.monotonicNs();
  const now = (): number => Number(world.clock.monotonicNs() - startedNs) / 1e6;
  const clientOf = (index: number, cookies: boolean): StickyClient => ({
    index,
    url: new URL(probe.url),
    source: stickySource(new URL(probe.url), index, probe.nat),
    jar: createCookieJar(cookies, probe.url.startsWith('https:')),
    speech: probe.speech,
    nodeOf: probe.nodeOf,
    now,
    sleep: (ms) => world.clock.sleep(ms),
    stagger: () => world.clock.sleep(world.random() * staggerMs),
  });
  const full: SessionPlan =
    probe.socketOnly === true
      ? { rounds, heldMs: 0, upgrade: false, socketOnly: true }
      : { rounds, heldMs, upgrade: true };
  // Before any WebSocket is open: least_conn would send all of them to the node that has fewest.
  const dropped = probe.dropCookiesToo
    ? await inParts(
        Array.from({ length: withoutCookies }, (_, at) => clientOf(at, false)),
        probe.signal,
        async (client) => await recordOf(client, { rounds, heldMs: 0, upgrade: false }),
      )
    : null;
  const clients = Array.from({ length: probe.sessions }, (_, at) => clientOf(at, probe.cookies));
  const opened = await openInParts(clients, probe.signal, (client) => probeSession(client, full));
  try {
    // Long beside the moments between the first socket and the last: then time open is a fair weight.
    await world.clock.sleep(watchedMs, probe.signal);
    const sessions = opened.map((session) => session.record());
    const { loss, changes } =
      probe.moments === null
        ? { loss: null, changes: [] }
        : await playMoments({
            clients,
            sockets: opened,
            moments: probe.moments,
            signal: probe.signal,
            newClient: (at) => clientOf(probe.sessions + at, probe.cookies),
          });
    return { sessions, withoutCookies: dropped, loss, changes };
  } finally {
    for (const session of opened) session.close();
  }
}
