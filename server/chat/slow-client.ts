/**
 * The guard on clients that stop reading. Engine.IO queues without bound for them (observed: 4,549
 * packets and 117 MB for one client), so each connection's queue is watched as it is written to.
 */
import type { Metrics } from '../metrics.ts';
import type { ChatSocket } from './chat-socket.ts';
import { cutIfMute } from './mute-peer.ts';

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

export type Backlog = 'none' | 'soft' | 'hard';

/** How far behind the client of this connection is. Costs one comparison when it keeps up. */
export function backlog(socket: ChatSocket): Backlog {
  const queue = queueOf(socket);
  if (queue.length < 16) return 'none';
  const measure = measured(queue);
  const marks = Math.max(measure.bytes / hardBytes, queue.length / hardPackets);
  if (marks >= 1) {
    measure.aboveSinceMs ??= performance.now();
    if (marks >= farAbove || performance.now() - measure.aboveSinceMs >= hardForMs) return 'hard';
  }
  return measure.bytes >= softBytes || queue.length >= softPackets ? 'soft' : 'none';
}

/** Cuts off a client that is too far behind. True when it did. */
export function cutOffSlow(
  socket: ChatSocket,
  metrics: Pick<Metrics, 'slowClientsClosed'>,
): boolean {
  if (backlog(socket) !== 'hard') return false;
  metrics.slowClientsClosed += 1;
  cutIfMute(socket);
  // Without waiting for its queue: it would never drain.
  socket.conn.close(true);
  return true;
}

/** Resolves when the transport has taken all that waited for the client, or the client is gone. */
export function taken(socket: ChatSocket): Promise<void> {
  const { conn } = socket;
  if (queueOf(socket).length === 0 || conn.readyState === 'closed') return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      conn.off('drain', go);
      conn.off('close', go);
      resolve();
    };
    conn.on('drain', go);
    conn.on('close', go);
  });
}

type Measure = { packets: number; bytes: number; aboveSinceMs?: number };

/** Engine.IO only ever adds to a queue, and starts a new one whenever it can write. */
const measures = new WeakMap<Queue, Measure>();

/** Looks at each packet once. */
function measured(queue: Queue): Measure {
  const measure = measures.get(queue) ?? { packets: 0, bytes: 0 };
  if (measure.packets === 0) measures.set(queue, measure);
  for (; measure.packets < queue.length; measure.packets += 1) {
    const data = queue[measure.packets]?.data;
    if (typeof data === 'string') measure.bytes += data.length;
  }
  return measure;
}

type Queue = readonly { readonly data?: unknown }[];

function queueOf(socket: ChatSocket): Queue {
  // Not in engine.io's public types; its documentation names it (`socket.writeBuffer`).
  return (socket.conn as unknown as { readonly writeBuffer: Queue }).writeBuffer;
}
