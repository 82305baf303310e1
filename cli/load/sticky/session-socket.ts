/**
 * The WebSocket a session becomes (`2probe`, `3probe`, `5`), or is from its first request on; then
 * questions over it.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

import { path } from '../../../server/contract.ts';
import type { StickyTrouble } from '../../samples/sticky-session.ts';
import { sessionId } from '../native/transport.ts';
import { answerFacts, readAnswer } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { StickyClient } from './sticky-client.ts';

export type SessionSocket = {
  /** How long it has been open, or was until it closed. */
  openMs(): number;
  /** Question `n`; the node that the application names in its answer. */
  ask(n: number): Promise<{ readonly node: string | null; readonly trouble: StickyTrouble | null }>;
  close(): void;
};

export type Dialled = Pick<Exchange, 'status' | 'node' | 'upstreams' | 'trouble'> & {
  /** `null` when there is a trouble. */
  readonly socket: SessionSocket | null;
  readonly sid: string | null;
};

const answerWithinMs = 10_000;

/** Dials with the session's id and moves it over; without one opens a session. Never throws. */
export async function openSocket(client: StickyClient, sid: string | null): Promise<Dialled> {
  const url = new URL(client.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = path.socketIo;
  url.search = `?EIO=4&transport=websocket${sid === null ? '' : `&sid=${encodeURIComponent(sid)}`}`;
  const cookie = client.jar.header(path.socketIo);
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    handshakeTimeout: answerWithinMs,
    ...(client.source === null ? {} : { localAddress: client.source }),
    ...(cookie === undefined ? {} : { headers: { cookie } }),
  });
  const heard = listen(ws);
  // Asked for before it can come: the first packet may lie in the same segment as the 101.
  const hello = sid === null ? heard((packet) => sessionId(packet) ?? undefined) : undefined;
  const dialled = await dial(ws, client);
  if (dialled.trouble !== null) return { ...dialled, sid, socket: null };
  const openedAtMs = client.now();
  let closedAtMs: number | undefined;
  ws.once('close', () => {
    closedAtMs = client.now();
  });
  const failed = (trouble: StickyTrouble): Dialled => {
    ws.terminate();
    return { ...dialled, sid, socket: null, trouble };
  };
  let id = sid;
  if (hello === undefined) {
    ws.send('2probe');
    if ((await heard((packet) => (packet === '3probe' ? true : undefined))) === undefined) {
      const text = 'the WebSocket opened, but the probe got no answer';
      return failed({ kind: 'protocol', text });
    }
    ws.send('5');
  } else {
    id = (await hello) ?? null;
    if (id === null) return failed({ kind: 'protocol', text: 'the WebSocket opened no session' });
    ws.send(client.speech.connect);
    const answer = await heard((packet) => client.speech.connected(packet));
    if (answer === undefined) return failed({ kind: 'closed', text: 'no answer to the connect' });
    if (answer !== 'yes') return failed({ kind: 'refused', text: answer.refused.slice(0, 120) });
  }
  return {
    ...dialled,
    sid: id,
    socket: {
      openMs: () => (closedAtMs ?? client.now()) - openedAtMs,
      async ask(n) {
        if (ws.readyState !== WebSocket.OPEN) {
          return { node: null, trouble: { kind: 'closed', text: 'the WebSocket was closed' } };
        }
        ws.send(client.speech.ask(n));
        const answer = await heard((packet) => client.speech.answered(packet, n));
        return answer === undefined
          ? { node: null, trouble: { kind: 'closed', text: 'no answer over the WebSocket' } }
          : { node: answer.node, trouble: null };
      },
      close: () => ws.terminate(),
    },
  };
}

async function dial(ws: WebSocket, client: StickyClient): Promise<Omit<Dialled, 'socket' | 'sid'>> {
  return await new Promise((resolve) => {
    let facts: Pick<Exchange, 'status' | 'node' | 'upstreams'> | undefined;
    ws.once('upgrade', (response: IncomingMessage) => {
      facts = answerFacts(response, client);
    });
    ws.once('open', () => {
      resolve({ status: 101, node: null, upstreams: [], ...facts, trouble: null });
    });
    ws.once('unexpected-response', (_request, response: IncomingMessage) => {
      void readAnswer(response, client).then((answer) => {
        resolve({ ...answer, trouble: notUpgraded(answer) });
        ws.terminate();
      });
    });
    ws.once('error', (error: NodeJS.ErrnoException) => {
      resolve({
        status: null,
        node: null,
        upstreams: [],
        trouble: { kind: 'closed', text: error.code ?? error.message },
      });
    });
  });
}

/** Engine.IO answers code 3 when `transport=websocket` comes without the upgrade headers. */
function notUpgraded({ status, body, trouble }: Exchange): StickyTrouble {
  const isPlain = status === 200 || (status === 400 && /"code":3\b/.test(body));
  if (isPlain) {
    return { kind: 'not-an-upgrade', text: `HTTP ${status}: it arrived as a plain request` };
  }
  return trouble ?? { kind: 'protocol', text: `HTTP ${status} in place of 101` };
}

/** Packets as they come, pings answered; resolves `undefined` at the close or after the wait. */
function listen(
  ws: WebSocket,
): <T>(look: (packet: string) => T | undefined) => Promise<T | undefined> {
  const listeners = new Set<(packet: string | undefined) => void>();
  const tell = (packet: string | undefined): void => {
    for (const listener of listeners) listener(packet);
  };
  ws.on('error', () => {});
  ws.on('close', () => tell(undefined));
  ws.on('message', (data: Buffer) => {
    const packet = data.toString('utf8');
    if (packet === '2') ws.send('3');
    tell(packet);
  });
  return async (look) =>
    await new Promise((resolve) => {
      const end = (found: ReturnType<typeof look>): void => {
        clearTimeout(timer);
        listeners.delete(listener);
        resolve(found);
      };
      const timer = setTimeout(() => end(undefined), answerWithinMs);
      const listener = (packet: string | undefined): void => {
        if (packet === undefined) return end(undefined);
        const found = look(packet);
        if (found !== undefined) end(found);
      };
      listeners.add(listener);
    });
}
