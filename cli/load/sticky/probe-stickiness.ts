/** Drives one mode: many sessions, the same without cookies, and the loss of a node under them. */
import type {
  StickyLoss,
  StickyPass,
  StickySession,
  StickyWitness,
} from '../../samples/sticky-session.ts';
import type { World } from '../../world.ts';
import { createCookieJar } from './cookie-jar.ts';
import { probeSession } from './session-probe.ts';
import type { OpenSession, SessionPlan } from './session-probe.ts';
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
  /** Kills the node that is told and returns when it is gone; `null`: no node is lost. */
  readonly kill: ((node: string) => Promise<void>) | null;
  readonly signal: AbortSignal;
};

/** Questions by polling before the one that is held: enough follow-ups for any balance to err. */
const rounds = 3;
const heldMs = 1100;
/** Sessions under way at once: more would measure the machine's queue and not the balance. */
const atOnce = 60;
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
  const full: SessionPlan = { rounds, heldMs, upgrade: true };
  const clients = Array.from({ length: probe.sessions }, (_, at) => clientOf(at, probe.cookies));
  const opened = await inParts(clients, probe.signal, (client) => probeSession(client, full));
  try {
    // Long beside the moments between the first socket and the last: then time open is a fair weight.
    await world.clock.sleep(watchedMs, probe.signal);
    const sessions = opened.map((session) => session.record());
    const dropped = probe.dropCookiesToo
      ? await inParts(
          Array.from({ length: withoutCookies }, (_, at) => clientOf(at, false)),
          probe.signal,
          async (client) => await recordOf(client, { rounds, heldMs: 0, upgrade: false }),
        )
      : null;
    const loss =
      probe.kill === null ? null : await loseNode(clients, opened, probe.kill, probe.signal);
    return { sessions, withoutCookies: dropped, loss };
  } finally {
    for (const session of opened) session.close();
  }
}

/** `null` when no session stands whose node is known: there is nothing to lose. */
async function loseNode(
  clients: readonly StickyClient[],
  sockets: readonly OpenSession[],
  kill: (node: string) => Promise<void>,
  signal: AbortSignal,
): Promise<StickyLoss | null> {
  // Beside the WebSocket each client has a session that stays with polling: the one that can err.
  const polling = await inParts(clients, signal, (client) =>
    probeSession(client, { rounds: 0, heldMs: 0, upgrade: false }),
  );
  const victim = mostFrequent(
    [...sockets, ...polling].flatMap((session) => (session.whole ? (session.node ?? []) : [])),
  );
  if (victim === undefined) return null;
  await kill(victim);
  const standing = clients.flatMap((client, at) => {
    const session = polling[at];
    return session?.whole === true ? [{ client, session, before: session.node, at }] : [];
  });
  const witnesses = await inParts(
    standing,
    signal,
    async ({ client, session, before, at }): Promise<StickyWitness> => {
      const asked = await session.askByPolling();
      return {
        client: client.index,
        source: client.source,
        before: before ?? '',
        asked,
        socket: await socketAfter(sockets[at]),
        next: await recordOf(client, { rounds: 2, heldMs: 0, upgrade: false }),
      };
    },
  );
  return { victim, witnesses };
}

/** A question number no plan reaches. */
const afterwards = 1_000_000;

async function socketAfter(session: OpenSession | undefined): Promise<StickyWitness['socket']> {
  const before = session?.record().socket ?? null;
  if (session?.socket == null || before === null) return null;
  const { node, trouble } = await session.socket.ask(afterwards);
  return { node: before.node, open: trouble === null, after: node };
}

async function recordOf(client: StickyClient, plan: SessionPlan): Promise<StickySession> {
  const session = await probeSession(client, plan);
  session.close();
  return session.record();
}

async function inParts<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  go: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    signal.throwIfAborted();
    done.push(...(await Promise.all(items.slice(from, from + atOnce).map(go))));
  }
  return done;
}

function mostFrequent(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
