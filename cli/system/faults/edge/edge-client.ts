/** Speaks to the control port of a fault proxy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';

import { exitCode } from '../../../exit-code.ts';
import { Failure } from '../../../failure.ts';
import { edgesConfigFile } from '../../../topology/edges.ts';
import type { EdgesConfig } from '../../../topology/edges.ts';
import type { EdgeStatus, ToxicOrder } from './toxic.ts';

export type EdgeClient = {
  edges(): Promise<readonly EdgeStatus[]>;
  /** How many connections it met. */
  apply(order: ToxicOrder): Promise<number>;
  /** `false` when it had lapsed, or the proxy forgot it with everything else. */
  renew(id: string): Promise<boolean>;
  /** How often it was felt, as the proxy can count it; `null` when it had lapsed. */
  remove(id: string): Promise<number | null>;
};

const answerWithinMs = 5000;

/**
 * What the proxy of this state folder was started with.
 *
 * @throws Failure 120 when it cannot be read.
 */
export function readEdgesConfig(stateDir: string): EdgesConfig {
  const file = join(stateDir, edgesConfigFile);
  try {
    // Written by the plan, for its owner only.
    return JSON.parse(readFileSync(file, 'utf8')) as EdgesConfig;
  } catch (error) {
    throw new Failure(exitCode.notReady, 'the fault proxy of this system cannot be found', {
      why: `${file}: ${error instanceof Error ? error.message : String(error)}`,
      next: 'rtops down, then rtops up --chaos',
      cause: error,
    });
  }
}

/** All calls throw a Failure 120 when the proxy does not answer, or refuses. */
export function createEdgeClient({ host, controlPort, token }: EdgesConfig): EdgeClient {
  async function call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) {
    try {
      const answer = await request(`http://${host}:${controlPort}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(answerWithinMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      throw refused(error instanceof Error ? error.message : String(error), error);
    }
  }

  return {
    async edges() {
      const { status, text } = await call('GET', '/edges');
      if (status !== 200) throw refused(`${status} ${text}`);
      // Our own process of this very version answers.
      return (JSON.parse(text) as { edges: readonly EdgeStatus[] }).edges;
    },
    async apply(order) {
      const { status, text } = await call('POST', '/toxics', order);
      if (status !== 201) throw refused(`${status} ${text}`);
      return (JSON.parse(text) as { met: number }).met;
    },
    async renew(id) {
      return (await call('POST', `/toxics/${id}/renew`)).status === 204;
    },
    async remove(id) {
      const { status, text } = await call('DELETE', `/toxics/${id}`);
      if (status !== 200) throw refused(`${status} ${text}`);
      return (JSON.parse(text) as { felt: number | null }).felt;
    },
  };
}

function refused(why: string, cause?: unknown): Failure {
  return new Failure(exitCode.notReady, 'the fault proxy does not do what it is told', {
    why,
    next: 'rtops logs edges',
    ...(cause === undefined ? {} : { cause }),
  });
}
