/** One direction of one connection: what comes in goes out, as the weather of the edge lets it. */
import type { Socket } from 'node:net';

import type { Wire, WireUser } from './wire.ts';

/** All toxics of a direction, put together. */
export type Weather = {
  readonly delayMs: number;
  readonly jitterMs: number;
  /** The slowest of the wires; `undefined` without a limit. */
  readonly wire: Wire | undefined;
  /** Nothing passes. */
  readonly silent: boolean;
  /** Close after so many bytes from the moment the cut came, by the toxic's id. */
  readonly cuts: ReadonlyMap<string, number>;
  /** Told of every piece of data that comes while somebody counts them. */
  readonly met: (() => void) | undefined;
};

export const calm: Weather = {
  delayMs: 0,
  jitterMs: 0,
  wire: undefined,
  silent: false,
  cuts: new Map(),
  met: undefined,
};

export type Pipe = {
  /** Takes effect at once; what is held goes when nothing holds it any more. */
  change(weather: Weather): void;
  /** Bytes that went out. */
  passedBytes(): number;
  /** Holds nothing and starts nothing any more. */
  close(): void;
};

/** Beyond this the source is not read: the sender feels it, as it would a full network. */
const mostHeldBytes = 256 * 1024;

/** `chunk` is `undefined` for the end of the stream, which waits its turn like data. */
type Held = { readonly dueMs: number; readonly chunk: Buffer | undefined };

/**
 * Reads `from` and writes `to`; the source's end is passed on as an end, so a half-open connection
 * stays one. `onCut` when as much passed as a cut lets through: the pipe has stopped then.
 */
export function createPipe(from: Socket, to: Socket, first: Weather, onCut: () => void): Pipe {
  let weather = first;
  let held: Held[] = [];
  let heldBytes = 0;
  let lastDueMs = 0;
  let full = false;
  let closed = false;
  let passed = 0;
  let timer: NodeJS.Timeout | undefined;
  let cutAt = new Map<string, number>();

  const user: WireUser = { take };
  from.pause();
  from.on('data', receive);
  from.on('end', () => receive(undefined));
  to.on('drain', () => {
    full = false;
    pump();
  });
  countCuts();
  regulate();

  function receive(chunk: Buffer | undefined): void {
    if (closed) return;
    if (chunk !== undefined) weather.met?.();
    if (held.length === 0 && isCalm()) {
      send(chunk);
    } else {
      const now = performance.now();
      lastDueMs = Math.max(lastDueMs, now + waitMs());
      held.push({ dueMs: lastDueMs, chunk });
      heldBytes += chunk?.length ?? 0;
      pump();
    }
    regulate();
  }

  function isCalm(): boolean {
    const { delayMs, jitterMs, wire, silent } = weather;
    return delayMs === 0 && jitterMs === 0 && wire === undefined && !silent;
  }

  function waitMs(): number {
    const { delayMs, jitterMs } = weather;
    return Math.max(0, delayMs + (Math.random() * 2 - 1) * jitterMs);
  }

  /** Sends what is due and may go. */
  function pump(): void {
    while (!closed && canSend()) {
      const head = held[0];
      if (head === undefined) break;
      if (weather.wire !== undefined && head.chunk !== undefined) {
        weather.wire.join(user);
        break;
      }
      held.shift();
      heldBytes -= head.chunk?.length ?? 0;
      send(head.chunk);
    }
    regulate();
  }

  /** Whether the head may go now; looks again by itself when it is only too early. */
  function canSend(): boolean {
    const head = held[0];
    if (head === undefined || weather.silent || full) return false;
    const early = head.dueMs - performance.now();
    if (early <= 0) return true;
    timer ??= setTimeout(() => {
      timer = undefined;
      pump();
    }, Math.ceil(early));
    return false;
  }

  /** The wire's turn: a part of the head. */
  function take(maxBytes: number): number | undefined {
    const head = held[0];
    if (closed || !canSend() || head === undefined) return undefined;
    if (head.chunk === undefined) {
      pump();
      return undefined;
    }
    const part = head.chunk.subarray(0, maxBytes);
    const rest = head.chunk.subarray(part.length);
    if (rest.length === 0) held.shift();
    else held[0] = { dueMs: head.dueMs, chunk: rest };
    heldBytes -= part.length;
    send(part);
    regulate();
    return part.length;
  }

  function send(chunk: Buffer | undefined): void {
    if (to.destroyed || to.writableEnded) return;
    if (chunk === undefined) {
      to.end();
      return;
    }
    const left = Math.min(Infinity, ...cutAt.values()) - passed;
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
    passed += part.length;
    if (part.length > 0) full = !to.write(part);
    if (part.length >= left) {
      close();
      onCut();
    }
  }

  /** Reads on only while what was read can go, or there is room to hold it. */
  function regulate(): void {
    if (closed || from.destroyed) return;
    const reads = !weather.silent && !full && heldBytes < mostHeldBytes;
    if (reads && from.isPaused()) from.resume();
    else if (!reads && !from.isPaused()) from.pause();
  }

  function countCuts(): void {
    cutAt = new Map(
      Array.from(weather.cuts, ([id, bytes]) => [id, cutAt.get(id) ?? passed + bytes]),
    );
  }

  function close(): void {
    closed = true;
    clearTimeout(timer);
    weather.wire?.leave(user);
    held = [];
    heldBytes = 0;
  }

  return {
    change(next) {
      if (closed) return;
      weather.wire?.leave(user);
      const calmer = next.delayMs + next.jitterMs < weather.delayMs + weather.jitterMs;
      weather = next;
      countCuts();
      if (calmer) {
        // What was held back longer than it now would be goes as soon as a new piece would.
        const latest = performance.now() + next.delayMs + next.jitterMs;
        held = held.map(({ dueMs, chunk }) => ({ dueMs: Math.min(dueMs, latest), chunk }));
        lastDueMs = Math.min(lastDueMs, latest);
        clearTimeout(timer);
        timer = undefined;
      }
      if (Math.min(Infinity, ...cutAt.values()) <= passed) {
        close();
        onCut();
        return;
      }
      pump();
    },
    passedBytes: () => passed,
    close,
  };
}
