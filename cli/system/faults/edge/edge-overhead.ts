/** What the fault proxy costs by itself: the same question through an edge and past it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { exitCode } from '../../../exit-code.ts';
import { Failure } from '../../../failure.ts';
import type { RunningSystem } from '../../running-system.ts';
import { edgesService } from '../../../topology/edges.ts';
import type { EdgesConfig } from '../../../topology/edges.ts';
import { readEdgesConfig } from './edge-client.ts';

/** Round trips on one kept connection, ms. */
export type RoundTrips = {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
};

export type EdgeOverhead = {
  /** The edge that was asked: one to Redis where there is one, else one to a server. */
  readonly edge: string;
  readonly direct: RoundTrips;
  readonly proxied: RoundTrips;
};

const answerWithinMs = 2000;
const noneInTime = `none in ${answerWithinMs} ms`;
const warmUp = 50;

/**
 * On an idle system with `chaos`: `count` questions each way, in turns, so that what else the
 * machine does falls on both. `undefined` without chaos. Throws a Failure 120 without an answer.
 */
export async function measureEdgeOverhead(
  system: RunningSystem,
  count = 400,
): Promise<EdgeOverhead | undefined> {
  if (!(await system.services()).some(({ name }) => name === edgesService)) return undefined;
  const { host, edges } = readEdgesConfig(system.stateDir);
  const edge = edges.find(({ to }) => to === 'redis') ?? edges.at(-1);
  if (edge === undefined) return undefined;
  const question = questionFor(edge);
  const direct = await dial(host, edge.targetPort);
  const proxied = await dial(host, edge.port);
  try {
    const times: Readonly<Record<'direct' | 'proxied', number[]>> = { direct: [], proxied: [] };
    for (let round = -warmUp; round < count; round += 1) {
      const directMs = await ask(direct, question);
      const proxiedMs = await ask(proxied, question);
      if (round < 0) continue;
      times.direct.push(directMs);
      times.proxied.push(proxiedMs);
    }
    return {
      edge: edge.name,
      direct: roundTrips(times.direct),
      proxied: roundTrips(times.proxied),
    };
  } finally {
    direct.destroy();
    proxied.destroy();
  }
}

/** One line for a person: `fault proxy: +0.06 ms p50, +0.11 ms p99 a round trip (ws-1-redis, 400 pings)`. */
export function describeEdgeOverhead({ edge, direct, proxied }: EdgeOverhead): string {
  const more = (quantile: 'p50' | 'p99') => {
    const ms = proxied[quantile] - direct[quantile];
    return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(2)} ms ${quantile}`;
  };
  return `fault proxy: ${more('p50')}, ${more('p99')} a round trip (${edge}, ${proxied.count} pings: ${proxied.p50.toFixed(2)} ms through it, ${direct.p50.toFixed(2)} ms past it)`;
}

type Question = { readonly text: string; readonly isAnswered: (answer: string) => boolean };

/** The least a service answers to: PING of Redis, the live check of a server. */
function questionFor({ to }: EdgesConfig['edges'][number]): Question {
  if (to === 'redis') {
    return { text: 'PING\r\n', isAnswered: (answer) => answer.endsWith('\r\n') };
  }
  return {
    text: 'GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n',
    isAnswered: (answer) => {
      const [head = '', body] = answer.split('\r\n\r\n');
      const length = /^content-length: (\d+)/im.exec(head)?.[1];
      return body !== undefined && (length === undefined || body.length >= Number(length));
    },
  };
}

async function dial(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  socket.setEncoding('latin1');
  // Both connections speak in turn, so neither is idle for long unless an answer is missing.
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error(noneInTime)));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => reject(noAnswer(error.message)));
  });
  return socket;
}

async function ask(socket: Socket, { text, isAnswered }: Question): Promise<number> {
  return await new Promise((resolve, reject) => {
    let answer = '';
    const startNs = process.hrtime.bigint();
    const failed = () => reject(noAnswer(noneInTime));
    const hear = (part: string) => {
      answer += part;
      if (!isAnswered(answer)) return;
      const tookMs = Number(process.hrtime.bigint() - startNs) / 1e6;
      socket.off('data', hear).off('close', failed);
      resolve(tookMs);
    };
    socket.on('data', hear).once('close', failed);
    socket.write(text);
  });
}

function noAnswer(why: string): Failure {
  return new Failure(exitCode.notReady, 'a ping to measure the fault proxy got no answer', {
    why,
    next: 'rtops logs edges',
  });
}

function roundTrips(times: readonly number[]): RoundTrips {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99), count: sorted.length };
}
