/**
 * Sending the connections of this node elsewhere without losing what is under way. They are closed
 * below Socket.IO (`conn.close()`): after `disconnect()` a client would not come back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatNamespace, ChatSocket } from './chat/chat-socket.ts';
import { cutIfMute } from './chat/mute-peer.ts';
import { event, type Draining } from './contract.ts';

/** A node's clients come back at about this pace, so the others are not overrun. */
const closedPerSec = 1000;
const batchEveryMs = 50;
/** How long one connection may still answer what it was asked. */
const answerWithinMs = 2000;

/** Tells every client, answers what is in flight, closes all. Resolves within about `budgetMs`. */
export async function drainConnections(chat: ChatNamespace, budgetMs: number): Promise<void> {
  const sockets = [...chat.sockets.values()];
  if (sockets.length === 0) return;
  const endsAt = performance.now() + budgetMs;
  const spreadMs = Math.min((sockets.length / closedPerSec) * 1000, budgetMs / 2);
  chat.local.emit(event.draining, retryIn(spreadMs));
  const closing = new Set<ChatSocket>(sockets);
  const closeLate = (socket: ChatSocket): void => {
    if (closing.has(socket)) return;
    closing.add(socket);
    socket.emit(event.draining, retryIn(0));
    void closeAnswered(socket, endsAt);
  };
  await closeSpread(shuffled(sockets), spreadMs, endsAt);
  while (chat.sockets.size > 0 && performance.now() < endsAt) {
    // Whoever was half in when the draining began is in by now.
    for (const socket of chat.sockets.values()) closeLate(socket);
    await sleep(20);
  }
  for (const socket of chat.sockets.values()) socket.conn.close(true);
}

function retryIn(ms: number): Draining {
  return { retryInMs: Math.ceil(ms) };
}

async function closeSpread(
  sockets: readonly ChatSocket[],
  spreadMs: number,
  endsAt: number,
): Promise<void> {
  const batches = Math.max(1, Math.floor(spreadMs / batchEveryMs));
  const size = Math.ceil(sockets.length / batches);
  for (let from = 0; from < sockets.length; from += size) {
    for (const socket of sockets.slice(from, from + size)) void closeAnswered(socket, endsAt);
    await sleep(batchEveryMs);
  }
}

async function closeAnswered(socket: ChatSocket, endsAt: number): Promise<void> {
  const until = Math.min(performance.now() + answerWithinMs, endsAt);
  // Once at least: in between, what lies unread in the kernel is read, and then it counts.
  do {
    await sleep(10);
  } while (socket.data.inFlight > 0 && performance.now() < until);
  cutIfMute(socket);
  // Engine.IO writes what is queued before it closes.
  socket.conn.close();
}

/** In random order: neighbours in age are often neighbours in a room. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  const out = [...items];
  for (let last = out.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [out[last], out[other]] = [out[other] as T, out[last] as T];
  }
  return out;
}
