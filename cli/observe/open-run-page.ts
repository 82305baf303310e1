/** The page of a run: served while it runs, announced to the Prometheus of the system it loads. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { exitCode } from '../exit-code.ts';
import type { RunEvent } from '../events.ts';
import { Failure } from '../failure.ts';
import { announceRun } from '../system/run-targets.ts';
import { scrapeIntervalSec } from '../../prometheus/scrape-config.ts';
import type { World } from '../world.ts';
import { MetricPage } from './metric-page.ts';
import { runMetricsOf } from './run-metrics.ts';
import { servePage } from './serve-page.ts';

export type RunPageInput = {
  readonly runId: string;
  readonly scenario: string;
  readonly topology: string;
  /** The state folder of a system with monitoring, whose Prometheus is told; `null`: it is not. */
  readonly announceIn: string | null;
  /** `null`: any free one. */
  readonly port: number | null;
};

export type RunPage = AsyncDisposable & {
  readonly url: string;
  readonly event: (event: RunEvent) => void;
  /** Resolves when it was read once; `false` when it was not within 10 s, or somebody pressed Ctrl-C. */
  firstRead(signal: AbortSignal): Promise<boolean>;
  /** Disposing waits no longer: somebody pressed Ctrl-C again. */
  hurry(): void;
};

const host = '127.0.0.1';
const gitWithinMs = 2000;
/** Prometheus takes up new targets every 5 s (its own constant), then reads them within an interval. */
const firstReadWithinMs = 10_000;

/**
 * Disposing waits until the final values were read, at most two scrape intervals, and not at all when
 * nobody ever asked. Throws 120 for a port that is taken.
 */
export async function openRunPage(world: World, input: RunPageInput): Promise<RunPage> {
  const exposed = new MetricPage();
  const git = await commitOf(world.cwd);
  const note = runMetricsOf(exposed, { ...input, git });
  const hurry = new AbortController();
  let ended = false;
  let wasRead = false;
  const first = Promise.withResolvers<true>();
  const final = Promise.withResolvers<true>();
  const server = await listen(input.port, exposed, () => {
    wasRead = true;
    first.resolve(true);
    if (ended) final.resolve(true);
  });
  const address = `${host}:${server.port}`;
  const { announceIn, runId, topology } = input;
  const takeBack =
    announceIn === null ? undefined : announceRun(announceIn, { runId, address, topology });

  return {
    url: `http://${address}/metrics`,
    event(event) {
      note(event);
      if (event.kind === 'run-end') ended = true;
    },
    hurry: () => hurry.abort(),
    firstRead: async (signal) =>
      (await within(world, first.promise, firstReadWithinMs, signal)) === true,
    async [Symbol.asyncDispose]() {
      if (wasRead && !hurry.signal.aborted) {
        ended = true;
        await within(world, final.promise, 2000 * scrapeIntervalSec, hurry.signal);
      }
      takeBack?.();
      await server.close();
    },
  };
}

/** What is waited for; `undefined` when it did not come in time, or the signal did. */
async function within<T>(
  { clock }: World,
  awaited: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  const over = new AbortController();
  const late = clock.sleep(ms, AbortSignal.any([signal, over.signal])).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([awaited, late]);
  } finally {
    over.abort();
  }
}

async function listen(port: number | null, exposed: MetricPage, wasRead: () => void) {
  try {
    return await servePage(host, port ?? 0, exposed.contentType, () => exposed.text(), wasRead);
  } catch (error) {
    throw new Failure(exitCode.notReady, `the run's metrics cannot be served on port ${port}`, {
      why: error instanceof Error ? error.message : String(error),
      next: 'name another port with --metrics-port',
      cause: error,
    });
  }
}

async function commitOf(cwd: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd,
      timeout: gitWithinMs,
    });
    const commit = stdout.trim();
    return /^[0-9a-f]{7,64}$/.test(commit) ? commit : 'none';
  } catch {
    return 'none';
  }
}
