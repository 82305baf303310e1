/**
 * The guard on clients that stop reading. Engine.IO queues without bound for them (observed: 4,549
 * packets and 117 MB for one client), so each connection's queue is watched as it is written to.
 */
import type { ChatSocket } from './chat-socket.ts';

/** Above the soft marks, messages a client can do without are skipped. */
const softPackets = 256;
const softBytes = 1024 * 1024;
/**
 * Above the hard marks for a while without taking anything, or far above them, the connection is
 * closed; the client comes back and resumes from the log. A burst alone closes nobody.
 */
const hardPackets = 4096;
const hardBytes = 4 * 1024 * 1024;
const hardForMs = 1000;
const farAbove = 4;
/** How long a closing connection may take before its TCP socket is cut. */
const closeGraceMs = 1000;

export type Backlog = 'none' | 'soft' | 'hard';

/** How far behind the client of this connection is. Costs one comparison when it keeps up. */
export function backlog(socket: ChatSocket): Backlog {
  const queue = queueOf(socket);
  if (queue.length < 16) return 'none';
  // Measuring walks the queue: only as it grows by another sixteen.
  if (queue.length % 16 !== 0) return queue.length >= softPackets ? 'soft' : 'none';
  let bytes = 0;
  for (const packet of queue) bytes += typeof packet.data === 'string' ? packet.data.length : 0;
  const marks = Math.max(bytes / hardBytes, queue.length / hardPackets);
  if (marks >= 1 && (marks >= farAbove || stuckForMs(queue) >= hardForMs)) return 'hard';
  return bytes >= softBytes || queue.length >= softPackets ? 'soft' : 'none';
}

/** Since when each queue is above the marks. Engine.IO starts a new array whenever it can write. */
const aboveSince = new WeakMap<Queue, number>();

function stuckForMs(queue: Queue): number {
  const now = performance.now();
  const since = aboveSince.get(queue);
  if (since === undefined) aboveSince.set(queue, now);
  return now - (since ?? now);
}

/** Closes the connection without waiting for its queue: it would never drain. */
export function closeSlow(socket: ChatSocket): void {
  const { conn } = socket;
  // The WebSocket under a transport is not in engine.io's public types.
  const transport = conn.transport as unknown as { readonly socket?: { terminate?(): void } };
  conn.close(true);
  // A mute peer never answers the close frame; ws alone would wait 30 s for it.
  setTimeout(() => transport.socket?.terminate?.(), closeGraceMs).unref();
}

type Queue = readonly { readonly data?: unknown }[];

function queueOf(socket: ChatSocket): Queue {
  // Not in engine.io's public types; its documentation names it (`socket.writeBuffer`).
  return (socket.conn as unknown as { readonly writeBuffer: Queue }).writeBuffer;
}
