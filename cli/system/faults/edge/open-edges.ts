/** Network faults: a {@link Fault} on an edge becomes a toxic of the fault proxy, kept alive while it is wanted. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';

import { exitCode } from '../../../exit-code.ts';
import { Failure, nearestName } from '../../../failure.ts';
import type { EdgeFaultKind, Fault } from '../../../scenario/fault.ts';
import { edgesService } from '../../../topology/edges.ts';
import type { EdgesConfig } from '../../../topology/edges.ts';
import type { World } from '../../../world.ts';
import { monotonicMs } from '../../monotonic-ms.ts';
import { isReady } from '../../ready-check.ts';
import type { RunningSystem } from '../../running-system.ts';
import type { ServiceRecord } from '../../system-state.ts';
import { clientsOn } from '../clients-on.ts';
import type { Injected } from '../fault-injector.ts';
import { answers, stateOf } from '../target.ts';
import { createEdgeClient, readEdgesConfig } from './edge-client.ts';
import type { EdgeClient } from './edge-client.ts';
import { watchRefusals } from './refusals-seen.ts';
import { edgeFaultKinds, toxicOf } from './toxic-of-fault.ts';
import type { Toxic } from './toxic.ts';

export type EdgeControl = {
  /** Throws a usage failure when there is no such edge, or the options are not those of the kind. */
  check(fault: Fault): void;
  /**
   * In effect when it resolves, as the toxic `id`. Throws a Failure 120 when the proxy does not do it.
   */
  inject(fault: Fault, id?: string): Promise<Injected>;
};

/** A toxic nobody renews is gone after this: as long as a fault outlives a killed rtops. */
const ttlMs = 5000;
const renewEveryMs = 1000;
/** After the undo, until every server behind the edge takes work again. */
const readyWithinMs = 60_000;
const askEveryMs = 20;

/** `undefined` when the system was not started with `chaos`. */
export async function openEdges(
  world: Ticking,
  system: RunningSystem,
  impatient: AbortSignal,
): Promise<EdgeControl | undefined> {
  if (!(await system.services()).some(({ name }) => name === edgesService)) return undefined;
  const config = readEdgesConfig(system.stateDir);
  const client = createEdgeClient(config);
  return {
    check(fault) {
      edgesOf(config, fault);
      toxicOf(fault);
    },
    inject: (fault, id = randomUUID()) =>
      inject({ world, system, config, client, impatient }, { fault, id }),
  };
}

/** What to say of a fault on an edge when {@link openEdges} found no proxy. */
export function withoutEdges(fault: Fault): Failure {
  return new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: 'it needs the fault proxy on the edges, and this system was started without it',
    next: 'rtops down, then rtops up --chaos; or failover-test with nothing up, which starts it so by itself',
  });
}

/** Whether a kind is done by the fault proxy. */
export function isEdgeFault(fault: Fault): fault is Fault & { readonly kind: EdgeFaultKind } {
  return edgeFaultKinds.some((kind) => kind === fault.kind);
}

type Ticking = Pick<World, 'clock'>;

type Parts = {
  readonly world: Ticking;
  readonly system: RunningSystem;
  readonly config: EdgesConfig;
  readonly client: EdgeClient;
  /** As of an `Injection`. */
  readonly impatient: AbortSignal;
};

async function inject(
  parts: Parts,
  { fault, id }: { readonly fault: Fault; readonly id: string },
): Promise<Injected> {
  const { world, system, config, client } = parts;
  const edges = edgesOf(config, fault);
  const toxic = toxicOf(fault);
  const clientsOnNode = await clientsBehind(system, edges);
  const atMs = monotonicMs(world);
  const names = edges.map(({ name }) => name);
  const met = await client.apply({ id, edges: names, toxic, ttlMs });
  const heartbeat = keepAlive(parts, id);
  const refusals = watchRefusals(
    system.stateDir,
    edges.map(({ port }) => port),
  );
  let undone: Promise<number | null> | undefined;
  /** `null`: not known, for it is still there, or cannot be counted. */
  let felt: number | null = null;
  const said = evidenceOf(toxic, names, met);
  return {
    fault,
    atMs,
    clientsOnNode,
    get evidence() {
      return felt === null ? said : `${said}; ${feltWords(toxic, felt)}`;
    },
    get effective() {
      return toxic.kind === 'refuse' || felt !== 0;
    },
    get onlyUsersShow() {
      return toxic.kind === 'refuse' && felt === 0;
    },
    undo: () =>
      (undone ??= undo(parts, { id, edges, heartbeat }, (counted) => {
        felt = toxic.kind === 'refuse' ? refusals() : isCounted(toxic) ? counted : null;
      })),
  };
}

type There = {
  readonly id: string;
  readonly edges: EdgesConfig['edges'];
  readonly heartbeat: Heartbeat;
};

async function undo(
  parts: Parts,
  { id, edges, heartbeat }: There,
  over: (felt: number | null) => void,
): Promise<number | null> {
  const { system, client } = parts;
  heartbeat.stop();
  try {
    over(await client.remove(id));
  } catch (error) {
    // A proxy that is down has no toxics; one that is up and deaf lets them lapse.
    if (await isReady(...healthOf(readEdgesConfig(system.stateDir)))) throw error;
  }
  const readyAtMs = await untilReady(parts, edges);
  return heartbeat.lapsedAtMs() ?? readyAtMs;
}

type Heartbeat = { stop(): void; lapsedAtMs(): number | undefined };

function keepAlive({ world, client }: Parts, id: string): Heartbeat {
  let lapsedAtMs: number | undefined;
  const timer = setInterval(() => {
    client.renew(id).then(
      (held) => {
        if (held) return;
        lapsedAtMs ??= monotonicMs(world);
        clearInterval(timer);
      },
      // The proxy does not answer now; its toxics may still stand, so the next beat tries again.
      () => undefined,
    );
  }, renewEveryMs);
  // A fault never keeps rtops alive: it is the other way round.
  timer.unref();
  return { stop: () => clearInterval(timer), lapsedAtMs: () => lapsedAtMs };
}

/** An edge by its name, or all that begin or end at a service. */
function edgesOf({ edges }: EdgesConfig, fault: Fault): EdgesConfig['edges'] {
  const { node } = fault;
  const found = edges.filter(({ name, from, to }) => name === node || from === node || to === node);
  if (found.length > 0) return found;
  const known = [...new Set(edges.flatMap(({ name, from, to }) => [name, from, to]))];
  const near = nearestName(node, known);
  throw new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: `there is no edge or service ${JSON.stringify(node)}; edges are ${edges.map(({ name }) => name).join(', ')}${
      near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
    }`,
    next: 'name an edge, or a service for all its edges',
  });
}

/** Users of the servers at the edges' ends; on the clients' edge, of all behind nginx. */
async function clientsBehind(
  system: RunningSystem,
  edges: EdgesConfig['edges'],
): Promise<number | null> {
  const ends = endsOf(system, edges);
  const servers = ends.filter(({ kind }) => kind === 'server');
  const nodes = servers.length > 0 ? servers : ends;
  const counts = await Promise.all(nodes.map((service) => clientsOn(system, service)));
  return counts.reduce<number | null>(
    (sum, count) => (sum === null || count === null ? null : sum + count),
    0,
  );
}

function endsOf(system: RunningSystem, edges: EdgesConfig['edges']): readonly ServiceRecord[] {
  const names = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return (stateOf(system)?.services ?? []).filter(({ name }) => names.has(name));
}

/**
 * The time (monotonic, ms) when every server at the edges takes work; `null` when none was seen in a
 * minute, or before nobody waited any longer.
 * A server that another fault holds down is that fault's affair.
 */
async function untilReady(
  { world, system, impatient }: Parts,
  edges: EdgesConfig['edges'],
): Promise<number | null> {
  const deadlineMs = monotonicMs(world) + readyWithinMs;
  for (;;) {
    const servers = endsOf(system, edges).filter(
      ({ kind, state }) => kind === 'server' && state === 'ready',
    );
    const ready = await Promise.all(servers.map(answers));
    const nowMs = monotonicMs(world);
    if (ready.every(Boolean)) return nowMs;
    if (nowMs >= deadlineMs || impatient.aborted) return null;
    await sleepFor(askEveryMs);
  }
}

function healthOf({ host, controlPort }: EdgesConfig): Parameters<typeof isReady> {
  return [host, { kind: 'http', port: controlPort, path: '/health' }];
}

/** Whether the proxy can count how often it was felt. */
function isCounted({ kind }: Toxic): boolean {
  return kind !== 'blackhole' && kind !== 'refuse';
}

function feltWords({ kind }: Toxic, felt: number): string {
  switch (kind) {
    case 'latency':
      return felt === 0 ? 'nothing was held up by 2 ms or more' : `${felt} pieces of data waited`;
    case 'rate':
      return felt === 0 ? 'nothing had to wait for it' : `it was at its limit ${felt} times`;
    case 'cut':
      return `${felt} were cut`;
    case 'reset':
      return `${felt} were reset in all`;
    case 'refuse':
      return felt === 0 ? 'no refusal was seen' : `nginx was refused ${felt} times`;
    case 'blackhole':
      return '';
    default:
      return kind satisfies never;
  }
}

function evidenceOf(toxic: Toxic, edges: readonly string[], met: number): string {
  const where = edges.join(', ');
  const there = met === 1 ? '1 connection' : `${met} connections`;
  switch (toxic.kind) {
    case 'latency':
      return `${where}: ${there} wait ${toxic.delayMs} ms ± ${toxic.jitterMs} ms (${toxic.direction})`;
    case 'rate':
      return `${where}: ${there} share ${toxic.bytesPerSec} bytes/s (${toxic.direction})`;
    case 'blackhole':
      return `${where}: ${there} went silent (${toxic.direction}); new ones are accepted and stay silent`;
    case 'cut':
      return `${where}: ${there} end after ${toxic.bytes} bytes (${toxic.direction})`;
    case 'reset':
      return `${where}: ${there} were reset, and so is every new one`;
    case 'refuse':
      return `${where}: new connections are refused; ${there} stay`;
    default:
      return toxic satisfies never;
  }
}
