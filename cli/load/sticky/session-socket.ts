/** The WebSocket a session becomes: `2probe`, `3probe`, `5`, then questions over it. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

import { path } from '../../../server/contract.ts';
import type { StickyTrouble } from '../../samples/sticky-session.ts';
import { answerFacts, readAnswer } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { StickyClient } from './sticky-client.ts';

export type SessionSocket = {
  readonly isOpen: boolean;
  /** How long it has been open, or was until it closed. */
  openMs(): number;
  /** Question `n`; the node that the application names in its answer. */
  ask(n: number): Promise<{ readonly node: string | null; readonly trouble: StickyTrouble | null }>;
  close(): void;
};

export type Dialled = Pick<Exchange, 'status' | 'node' | 'upstreams' | 'trouble'> & {
  /** `null` when there is a trouble. */
  readonly socket: SessionSocket | null;
};

const answerWithinMs = 10_000;

/** Dials with the session's id and moves the session over. Never throws. */
export async function openSocket(client: StickyClient, sid: string): Promise<Dialled> {
  const url = new URL(client.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = path.socketIo;
  url.search = `?EIO=4&transport=websocket&sid=${encodeURIComponent(sid)}`;
  const cookie = client.jar.header(path.socketIo);
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    handshakeTimeout: answerWithinMs,
    ...(client.source === null ? {} : { localAddress: client.source }),
    ...(cookie === undefined ? {} : { headers: { cookie } }),
  });
  const heard = listen(ws);
  const dialled = await dial(ws, client);
  if (dialled.trouble !== null) return { ...dialled, socket: null };
  const openedAtMs = client.now();
  let closedAtMs: number | undefined;
  ws.once('close', () => {
    closedAtMs = client.now();
  });
  ws.send('2probe');
  const probed = await heard((packet) => (packet === '3probe' ? true : undefined));
  if (probed === undefined) {
    ws.terminate();
    return {
      ...dialled,
      socket: null,
      trouble: { kind: 'protocol', text: 'the WebSocket opened, but the probe got no answer' },
    };
  }
  ws.send('5');
  return {
    ...dialled,
    socket: {
      get isOpen() {
        return ws.readyState === WebSocket.OPEN;
      },
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

async function dial(ws: WebSocket, client: StickyClient): Promise<Omit<Dialled, 'socket'>> {
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
