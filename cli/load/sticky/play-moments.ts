/**
 * What happens to the nodes and the proxy while sessions are open, one after the other: nginx is
 * reloaded, the fullest node is killed, comes back, is marked `down`, is deleted from the pool. After
 * each, every session whose node was there all the time is asked one question.
 */
import type {
  StickyChange,
  StickyChangeKind,
  StickyLoss,
  StickyWitness,
} from '../../samples/sticky-session.ts';
import { inParts, openInParts } from './in-parts.ts';
import { probeSession } from './session-probe.ts';
import type { OpenSession } from './session-probe.ts';
import type { StickyClient } from './sticky-client.ts';

/** Each resolves when it is done and the system serves again. */
export type StickyMoments = {
  reload(): Promise<void>;
  lose(node: string): Promise<void>;
  bringBack(node: string): Promise<void>;
  /** From the pool of WS nodes, by an edit of nginx.conf and a reload. */
  takeOff(node: string, how: 'down' | 'deleted'): Promise<void>;
};

export type MomentsInput = {
  readonly clients: readonly StickyClient[];
  /** The sessions that became WebSockets, one a client. */
  readonly sockets: readonly OpenSession[];
  readonly moments: StickyMoments;
  readonly signal: AbortSignal;
  /** Somebody who was not there before. */
  readonly newClient: (at: number) => StickyClient;
};

export type MomentsSeen = {
  readonly loss: StickyLoss | null;
  readonly changes: readonly StickyChange[];
};

/** A client and its session by polling. */
type Standing = {
  readonly client: StickyClient;
  readonly session: OpenSession;
  readonly before: string;
  /** Its WebSocket, which lives beside. */
  readonly socket: OpenSession | undefined;
};

/** A question number no plan reaches. */
const afterwards = 1_000_000;
const newcomers = 18;

/** Nothing is lost when no session stands whose node is known. */
export async function playMoments(input: MomentsInput): Promise<MomentsSeen> {
  const { clients, sockets, moments, signal, newClient } = input;
  const changes: StickyChange[] = [];
  const changed = async (
    kind: StickyChangeKind,
    node: string | null,
    standing: readonly Standing[],
    comers = 0,
  ): Promise<void> => {
    const witnesses = await inParts(standing, signal, questioned);
    // All stay until the last is there: only open connections weigh in least_conn.
    const came = await openInParts(
      Array.from({ length: comers }, (_, at) => newClient(at)),
      signal,
      (client) => probeSession(client, { rounds: 1, heldMs: 0, upgrade: false, socketOnly: true }),
    );
    for (const session of came) session.close();
    changes.push({ kind, node, witnesses, fresh: came.map((session) => session.record()) });
  };

  // Beside the WebSocket each client has a session that stays with polling: the one that can err.
  const opened = await inParts(clients, signal, (client) =>
    probeSession(client, { rounds: 0, heldMs: 0, upgrade: false }),
  );
  const polling = opened.flatMap((session, at) => standingOf(clients[at], session, sockets[at]));
  if (polling.length === 0) return { loss: null, changes };

  await moments.reload();
  await changed('reload', null, polling);

  const victim = mostFrequent(
    [...sockets, ...opened].flatMap((session) => (session.whole ? (session.node ?? []) : [])),
  );
  if (victim === undefined) return { loss: null, changes };
  await moments.lose(victim);
  const homes: Standing[] = [];
  const witnesses = await inParts(polling, signal, async (one) => {
    const asked = await questioned(one);
    const next = await probeSession(one.client, { rounds: 2, heldMs: 0, upgrade: false });
    homes.push(...standingOf(one.client, next, one.socket));
    return { ...asked, next: next.record() };
  });

  await moments.bringBack(victim);
  await changed('return', victim, homes, newcomers);
  const rest = homes.filter(({ session, before }) => session.whole && before !== victim);
  for (const how of ['down', 'deleted'] as const) {
    await moments.takeOff(victim, how);
    await changed(
      how,
      victim,
      rest.filter(({ session }) => session.whole),
    );
  }
  return { loss: { victim, witnesses }, changes };
}

function standingOf(
  client: StickyClient | undefined,
  session: OpenSession,
  socket: OpenSession | undefined,
): readonly Standing[] {
  if (client === undefined || !session.whole || session.node === null) return [];
  return [{ client, session, before: session.node, socket }];
}

async function questioned({ client, session, before, socket }: Standing): Promise<StickyWitness> {
  return {
    client: client.index,
    source: client.source,
    before,
    asked: await session.askByPolling(),
    socket: await socketAfter(socket),
    next: null,
  };
}

async function socketAfter(session: OpenSession | undefined): Promise<StickyWitness['socket']> {
  const before = session?.record().socket ?? null;
  if (session?.socket == null || before === null) return null;
  const { node, trouble } = await session.socket.ask(afterwards);
  return { node: before.node, open: trouble === null, after: node };
}

function mostFrequent(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
