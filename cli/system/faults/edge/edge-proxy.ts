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
  /** Undone when it resolves: what was held goes, who was refused may come. Harmless when repeated. */
  remove(id: string): Promise<void>;
  status(): EdgeStatus;
  close(): void;
};

type Applied = { readonly toxic: Toxic; readonly wires: Readonly<Record<Way, Wire | undefined>> };

export function createEdgeProxy(host: string, edge: EdgesConfig['edges'][number]): EdgeProxy {
  const links = new Set<Link>();
  const toxics = new Map<string, Applied>();
  const past = { up: 0, down: 0 };
  let accepted = 0;
  let weather: LinkWeather = { up: calm, down: calm };

  const listener = createListener(host, edge.port, accept);
  const target = watchTarget(host, edge.targetPort, () => void align());

  function accept(client: Socket): void {
    accepted += 1;
    if (has('reset')) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const link = createLink(client, { host, port: edge.targetPort }, weather, {
      targetRefused: () => target.refused(),
      targetEnded: () => target.suspect(),
      over: () => {
        links.delete(link);
        past.up += link.passedBytes('up');
        past.down += link.passedBytes('down');
      },
    });
    links.add(link);
  }

  function has(kind: Toxic['kind']): boolean {
    return [...toxics.values()].some(({ toxic }) => toxic.kind === kind);
  }

  /** A target that does not listen must look so to who dials: a refusal is retried, a reset is not. */
  async function align(): Promise<void> {
    await listener.listen(target.isUp() && !has('refuse'));
  }

  function reweather(): void {
    weather = { up: weatherOf('up'), down: weatherOf('down') };
    for (const link of links) link.change(weather);
  }

  function weatherOf(way: Way): Weather {
    const cuts = new Map<string, number>();
    let { delayMs, jitterMs, wire, silent } = calm;
    let slowest = Infinity;
    for (const [id, { toxic, wires }] of toxics) {
      switch (toxic.kind) {
        case 'latency':
          if (!hits(toxic, way)) break;
          delayMs += toxic.delayMs;
          jitterMs += toxic.jitterMs;
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
    return { delayMs, jitterMs, wire, silent, cuts };
  }

  function discard(id: string): void {
    const { wires } = toxics.get(id) ?? {};
    wires?.up?.close();
    wires?.down?.close();
    toxics.delete(id);
  }

  return {
    name: edge.name,
    open: align,
    async apply(id, toxic) {
      discard(id);
      const met = links.size;
      const wire = (way: Way) =>
        toxic.kind === 'rate' && hits(toxic, way) ? createWire(toxic.bytesPerSec) : undefined;
      toxics.set(id, { toxic, wires: { up: wire('up'), down: wire('down') } });
      await align();
      reweather();
      if (toxic.kind === 'reset') for (const link of links) link.reset();
      return met;
    },
    async remove(id) {
      discard(id);
      reweather();
      await align();
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
