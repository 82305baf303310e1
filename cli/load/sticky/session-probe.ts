/**
 * One Engine.IO session, request by request: handshake → POST → GET → questions → a long poll that
 * is held → WebSocket with the same session id → a question over it. Every request has a TCP
 * connection of its own; the first that fails ends the session.
 */
import { path as paths } from '../../../server/contract.ts';
import type {
  StickySession,
  StickyStep,
  StickyStepName,
  StickyTrouble,
} from '../../samples/sticky-session.ts';
import { nodeOfStep } from '../../samples/sticky-session.ts';
import { exchange } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { sessionId } from '../native/transport.ts';
import { openSocket } from './session-socket.ts';
import type { SessionSocket } from './session-socket.ts';
import type { StickyClient } from './sticky-client.ts';

export type SessionPlan = {
  /** Questions asked by polling, before the one that is held. */
  readonly rounds: number;
  /** How long a GET waits before its answer is asked for; 0 leaves it out. */
  readonly heldMs: number;
  /** Whether the session becomes a WebSocket in the end. */
  readonly upgrade: boolean;
  /** A WebSocket from the first request on: `rounds` questions over it, and nothing by polling. */
  readonly socketOnly?: boolean;
};

/** A session that goes on after its plan: more questions can be asked of it. */
export type OpenSession = {
  /** What was seen so far. */
  record(): StickySession;
  /** Nothing failed yet. */
  readonly whole: boolean;
  /** The node that made it. */
  readonly node: string | null;
  readonly socket: SessionSocket | null;
  /** One question and its answer by polling; the last step of it. */
  askByPolling(): Promise<StickyStep | null>;
  close(): void;
};

/** A session that ends with its plan. */
export async function recordOf(client: StickyClient, plan: SessionPlan): Promise<StickySession> {
  const session = await probeSession(client, plan);
  session.close();
  return session.record();
}

/** How many GETs may pass without the packet that is waited for (pings come between). */
const mostPolls = 4;
const recordSeparator = '\x1e';

/** Plays the plan to its end or to the first failure. Never throws. */
export async function probeSession(client: StickyClient, plan: SessionPlan): Promise<OpenSession> {
  const { speech } = client;
  const steps: StickyStep[] = [];
  let sid: string | null = null;
  let asked = 0;
  let socket: SessionSocket | null = null;
  let socketNode = '';

  const isWhole = (): boolean => steps.every(({ trouble }) => trouble === null);

  async function step(
    name: StickyStepName,
    go: () => Promise<Exchange>,
    read: (exchange: Exchange) => { app?: string | null; trouble?: StickyTrouble } = () => ({}),
  ): Promise<StickyStep> {
    await client.stagger();
    const atMs = client.now();
    const got = await go();
    const found: { app?: string | null; trouble?: StickyTrouble } =
      got.trouble === null ? read(got) : {};
    const done: StickyStep = {
      step: name,
      atMs,
      tookMs: client.now() - atMs,
      status: got.status,
      header: got.node,
      app: found.app ?? null,
      upstreams: got.upstreams,
      trouble: got.trouble ?? found.trouble ?? null,
    };
    steps.push(done);
    return done;
  }

  const query = (): string =>
    `${paths.socketIo}?EIO=4&transport=polling${sid === null ? '' : `&sid=${encodeURIComponent(sid)}`}`;
  const get = (): Promise<Exchange> => exchange(client, 'GET', query());
  const post = (frame: string): Promise<Exchange> => exchange(client, 'POST', query(), frame);

  /** GETs until `look` finds what it wants; pings on the way are answered. */
  async function receive<T>(
    name: StickyStepName,
    look: (packet: string) => T | undefined,
    tell: (found: T) => { app?: string | null; trouble?: StickyTrouble },
  ): Promise<boolean> {
    for (let poll = 0; poll < mostPolls; poll += 1) {
      let found: T | undefined;
      let pinged = false;
      const done = await step(name, get, ({ body }) => {
        const packets = body.split(recordSeparator);
        pinged = packets.includes('2');
        found = packets.map((packet) => look(packet)).find((one) => one !== undefined);
        return found === undefined ? {} : tell(found);
      });
      if (done.trouble !== null) return false;
      if (pinged && (await step('event', () => post('3'))).trouble !== null) return false;
      if (found !== undefined) return true;
    }
    spoil({ kind: 'protocol', text: `${mostPolls} polls brought no answer` });
    return false;
  }

  /** The last step did not bring what it had to. */
  function spoil(trouble: StickyTrouble): void {
    const last = steps.pop();
    if (last !== undefined) steps.push({ ...last, trouble });
  }

  async function open(): Promise<boolean> {
    const handshake = await step('handshake', get, ({ body }) => {
      sid = sessionId(body.split(recordSeparator)[0] ?? '');
      return sid === null
        ? { trouble: { kind: 'protocol', text: `no handshake: ${body.slice(0, 60)}` } }
        : {};
    });
    if (handshake.trouble !== null) return false;
    if ((await step('connect', () => post(speech.connect))).trouble !== null) return false;
    return await receive(
      'receive',
      (packet) => speech.connected(packet),
      (answer) =>
        answer === 'yes'
          ? {}
          : { trouble: { kind: 'refused', text: answer.refused.slice(0, 120) } },
    );
  }

  async function ask(): Promise<boolean> {
    const n = (asked += 1);
    if ((await step('event', () => post(speech.ask(n)))).trouble !== null) return false;
    return await answer('receive', n);
  }

  async function answer(name: StickyStepName, n: number): Promise<boolean> {
    return await receive(
      name,
      (packet) => speech.answered(packet, n),
      ({ node }) => ({ app: node }),
    );
  }

  /** The GET is open before the question is asked: its answer goes to whoever holds the GET. */
  async function askHeld(heldMs: number): Promise<boolean> {
    const n = (asked += 1);
    const held = answer('long-poll', n);
    const over = await Promise.race([held, client.sleep(heldMs).then(() => undefined)]);
    if (over !== undefined) return over;
    const posted = await step('event', () => post(speech.ask(n)));
    return (await held) && posted.trouble === null;
  }

  /** @param id the session's; `null` opens one. */
  async function dial(id: string | null): Promise<void> {
    await client.stagger();
    const atMs = client.now();
    const dialled = await openSocket(client, id);
    steps.push({
      step: id === null ? 'handshake' : 'upgrade',
      atMs,
      tookMs: client.now() - atMs,
      status: dialled.status,
      header: dialled.node,
      app: null,
      upstreams: dialled.upstreams,
      trouble: dialled.trouble,
    });
    if (dialled.socket === null) return;
    socket = dialled.socket;
    sid ??= dialled.sid;
    const told = await echo(socket);
    socketNode = told ?? dialled.node ?? dialled.upstreams.at(-1) ?? '';
  }

  /** One question over the WebSocket; the node that answers for itself. */
  async function echo(open: SessionSocket): Promise<string | null> {
    const echoAtMs = client.now();
    const n = (asked += 1);
    const { node, trouble } = await open.ask(n);
    steps.push({
      step: 'echo',
      atMs: echoAtMs,
      tookMs: client.now() - echoAtMs,
      status: null,
      header: null,
      app: node,
      upstreams: [],
      trouble,
    });
    return node;
  }

  await play();

  async function play(): Promise<void> {
    if (plan.socketOnly === true) {
      await dial(null);
      for (let round = 1; round < plan.rounds && socket !== null && isWhole(); round += 1) {
        await echo(socket);
      }
      return;
    }
    if (!(await open())) return;
    for (let round = 0; round < plan.rounds; round += 1) if (!(await ask())) return;
    if (plan.heldMs > 0 && !(await askHeld(plan.heldMs))) return;
    if (plan.upgrade && sid !== null) await dial(sid);
  }

  const first = steps[0];
  return {
    get whole() {
      return isWhole();
    },
    get node() {
      return first === undefined ? null : nodeOfStep(first);
    },
    socket,
    record: () => ({
      client: client.index,
      source: client.source,
      sid,
      cookies: {
        names: client.jar.names(),
        sentBack: client.jar.sentBack,
        flaws: client.jar.flaws(),
      },
      steps: [...steps],
      socket: socket === null ? null : { node: socketNode, openMs: socket.openMs() },
    }),
    async askByPolling() {
      await ask();
      return steps.at(-1) ?? null;
    },
    close() {
      socket?.close();
    },
  };
}
