/** The TCP proxy of one edge: forwards, and does to its connections what its toxics say. */
import type { Socket } from 'node:net';

import type { EdgesConfig } from '../../../topology/edges.ts';
import { createLink } from './link.ts';
import type { Link, LinkWeather } from './link.ts';
import { createListener } from './listener.ts';
import { calm } from './pipe.ts';
import type { Weather } from './pipe.ts';
import { hits } from './toxic.ts';
import type { EdgeStatus, Toxic, Way } from './toxic.ts';
import { watchTarget } from './watch-target.ts';
import { createWire } from './wire.ts';
import type { Wire } from './wire.ts';

export type EdgeProxy = {
  readonly name: string;
  /** Resolves when it listens. */
  open(): Promise<void>;
  /** In effect when it resolves; with how many connections it met. An id that is there is replaced. */
  apply(id: string, toxic: Toxic): Promise<number>;
  /**
   * Undone when it resolves: what was held goes, who was refused may come. With how often it was felt:
   * pieces that it delayed noticeably, waits for its rate, connections cut or reset; 0 of the others,
   * which nobody here can count, and when repeated.
   */
  remove(id: string): Promise<number>;
  status(): EdgeStatus;
  close(): void;
};

type Applied = {
  readonly toxic: Toxic;
  readonly wires: Readonly<Record<Way, Wire | undefined>>;
  felt: number;
};

/** A delay below this is lost in what any piece of data takes through a proxy on a busy machine. */
const noticeableMs = 2;

/** A port that somebody has is tried again this often. */
const listenEveryMs = 200;

/** @param say told once when the edge's port cannot be had, though it should listen. */
export function createEdgeProxy(
  host: string,
  edge: EdgesConfig['edges'][number],
  say: (problem: string) => void,
): EdgeProxy {
  const links = new Set<Link>();
  const toxics = new Map<string, Applied>();
  const past = { up: 0, down: 0 };
  let accepted = 0;
  let weather: LinkWeather = { up: calm, down: calm };

  const listener = createListener(host, edge.port, accept);
  const target = watchTarget(host, edge.targetPort, () => void settle());
  let retry: NodeJS.Timeout | undefined;
  let isTold = false;

  function accept(client: Socket): void {
    accepted += 1;
    if (has('reset')) {
      feel('reset');
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const link = createLink(client, { host, port: edge.targetPort }, weather, {
      targetRefused: () => target.refused(),
      targetEnded: () => target.suspect(),
      cut: () => feel('cut'),
      over: () => {
        links.delete(link);
        past.up += link.passedBytes('up');
        past.down += link.passedBytes('down');
      },
    });
    links.add(link);
  }

  function feel(kind: Toxic['kind']): void {
    for (const one of toxics.values()) if (one.toxic.kind === kind) one.felt += 1;
  }

  function has(kind: Toxic['kind']): boolean {
    return [...toxics.values()].some(({ toxic }) => toxic.kind === kind);
  }

  /** A target that does not listen must look so to who dials: a refusal is retried, a reset is not. */
  async function align(): Promise<void> {
    await listener.listen(target.isUp() && !has('refuse'));
  }

  /** As {@link align}, and again until the port can be had: while it did not listen, others could. */
  async function settle(): Promise<void> {
    clearTimeout(retry);
    try {
      await align();
      isTold = false;
    } catch (error) {
      if (!isTold) say(`${edge.name}: ${String(error)}`);
      isTold = true;
      retry = setTimeout(() => void settle(), listenEveryMs);
    }
  }

  function reweather(): void {
    weather = { up: weatherOf('up'), down: weatherOf('down') };
    for (const link of links) link.change(weather);
  }

  function weatherOf(way: Way): Weather {
    const cuts = new Map<string, number>();
    let { delayMs, jitterMs, wire, silent } = calm;
    let slowest = Infinity;
    const delays: Applied[] = [];
    for (const [id, applied] of toxics) {
      const { toxic, wires } = applied;
      switch (toxic.kind) {
        case 'latency':
          if (!hits(toxic, way)) break;
          delayMs += toxic.delayMs;
          jitterMs += toxic.jitterMs;
          if (toxic.delayMs + toxic.jitterMs >= noticeableMs) delays.push(applied);
          break;
        case 'rate':
          if (!hits(toxic, way) || toxic.bytesPerSec >= slowest) break;
          slowest = toxic.bytesPerSec;
          wire = wires[way];
          break;
        case 'blackhole':
          silent ||= hits(toxic, way);
          break;
        case 'cut':
          if (hits(toxic, way)) cuts.set(id, toxic.bytes);
          break;
        case 'reset':
        case 'refuse':
          break;
        default:
          toxic satisfies never;
      }
    }
    const met = (): void => {
      for (const one of delays) one.felt += 1;
    };
    return { delayMs, jitterMs, wire, silent, cuts, met: delays.length === 0 ? undefined : met };
  }

  /** @returns how often it was felt */
  function discard(id: string): number {
    const applied = toxics.get(id);
    if (applied === undefined) return 0;
    toxics.delete(id);
    let { felt } = applied;
    for (const wire of [applied.wires.up, applied.wires.down]) {
      felt += wire?.starved() ?? 0;
      wire?.close();
    }
    return felt;
  }

  return {
    name: edge.name,
    open: align,
    async apply(id, toxic) {
      discard(id);
      const met = links.size;
      const wire = (way: Way) =>
        toxic.kind === 'rate' && hits(toxic, way) ? createWire(toxic.bytesPerSec) : undefined;
      toxics.set(id, { toxic, wires: { up: wire('up'), down: wire('down') }, felt: 0 });
      await settle();
      reweather();
      if (toxic.kind === 'reset') {
        for (const link of links) {
          feel('reset');
          link.reset();
        }
      }
      return met;
    },
    async remove(id) {
      const felt = discard(id);
      reweather();
      await settle();
      return felt;
    },
    status: () => ({
      name: edge.name,
      listening: listener.isListening(),
      connections: links.size,
      accepted,
      upBytes: past.up + sum(links, 'up'),
      downBytes: past.down + sum(links, 'down'),
      toxics: [...toxics.keys()],
    }),
    close() {
      clearTimeout(retry);
      for (const id of toxics.keys()) discard(id);
      target.close();
      listener.close();
      for (const link of links) link.reset();
    },
  };
}

function sum(links: ReadonlySet<Link>, way: Way): number {
  let bytes = 0;
  for (const link of links) bytes += link.passedBytes(way);
  return bytes;
}
