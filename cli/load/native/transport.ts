/** What carries Engine.IO packets of a lean user: a WebSocket or HTTP long polling. */
import { WebSocket } from 'ws';

import { path } from '../../../server/contract.ts';
import type { Dial } from './channel.ts';

export type Transport = {
  /** Sends one packet; after the end it does nothing. */
  send(packet: string): void;
  /** Ends it; `politely` says goodbye first. Nothing is told any more. */
  end(politely: boolean): void;
};

/** Why a transport ended by itself. `dial`: it never stood. */
export type TransportFailure = {
  readonly kind: 'dial' | 'http-status' | 'session-unknown' | 'closed';
  readonly text: string;
};

export type TransportListener = {
  /** One Engine.IO packet, as text bytes. */
  packet(data: Buffer): void;
  /** Called once, and last. */
  failed(failure: TransportFailure): void;
};

/** The query every Engine.IO 4 request begins with. */
export function enginePath(transport: 'websocket' | 'polling'): string {
  return `${path.socketIo}?EIO=4&transport=${transport}`;
}

/** The id in Engine.IO's open packet. */
export function sessionId(packet: string): string | null {
  if (!packet.startsWith('0')) return null;
  try {
    const { sid } = JSON.parse(packet.slice(1)) as { readonly sid?: unknown };
    return typeof sid === 'string' && sid !== '' ? sid : null;
  } catch {
    return null;
  }
}

/** A WebSocket, dialled at once. */
export function webSocketTransport(dial: Dial, listener: TransportListener): Transport {
  const { url, localAddress } = dial;
  const scheme = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(`${scheme}//${url.host}${enginePath('websocket')}`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    // A zero mask is a valid one and spares the copying; there is no shared proxy to protect.
    generateMask: noMask,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  let over = false;
  const fail = (failure: TransportFailure): void => {
    if (over) return;
    over = true;
    socket.terminate();
    listener.failed(failure);
  };
  socket.on('message', (data: Buffer) => {
    if (!over) listener.packet(data);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const status = /^Unexpected server response: (\d+)/.exec(error.message)?.[1];
    if (status !== undefined) {
      fail({ kind: 'http-status', text: `HTTP ${status} at the handshake` });
    } else {
      const stood = socket.readyState !== WebSocket.CONNECTING && error.code === undefined;
      fail({ kind: stood ? 'closed' : 'dial', text: error.code ?? error.message });
    }
  });
  socket.on('close', (code: number) => {
    fail({ kind: 'closed', text: `connection closed (${code})` });
  });
  return {
    send(packet) {
      if (!over && socket.readyState === WebSocket.OPEN) socket.send(packet);
    },
    end(politely) {
      over = true;
      if (politely && socket.readyState === WebSocket.OPEN) socket.close(1000);
      else socket.terminate();
    },
  };
}

function noMask(mask: Buffer): void {
  mask.fill(0);
}
