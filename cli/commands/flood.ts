/** The flood of a scenario: a second load, with workers of its own, during a window of the first. */
import { join } from 'node:path';

import type { RunEvent } from '../events.ts';
import { messageOf } from '../failure.ts';
import type { Drive, Driver, Target } from '../load/driver.ts';
import { visitHistory } from '../load/history-files.ts';
import { createServedCount } from '../samples/served-count.ts';
import type { Span } from '../samples/window-latency.ts';
import { floodScenario, floodWindow } from '../scenario/flood-scenario.ts';
import type { Flood } from '../scenario/fault.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { monotonicMs } from '../system/monotonic-ms.ts';
import type { Clock } from '../world.ts';

export type FloodInput = {
  readonly runId: string;
  readonly scenario: Scenario;
  readonly target: Target;
  readonly historyDir: string;
  readonly clock: Clock;
};

/** When it was there and what was served of it; what nobody answered within it was not brought. */
export type FloodSeen = {
  readonly text: string;
  readonly window: Span;
  readonly asked: number;
  /** Served: answered without an error before its window ended. */
  readonly ratePerSec: number;
  readonly errors: number;
  readonly p95Ms: number;
  /** Why it could not be brought; its window is empty then, so that nothing is put down to it. */
  readonly failed: string | null;
};

export type FloodRun = {
  /** `null` without a flood, or when it never began. Never rejects: the run it is beside has its own figures. */
  readonly seen: Promise<FloodSeen | null>;
  stop(): void;
  abort(): void;
};

/** Waits for its time from `startMs` (run start on the monotonic clock). */
export function startFlood(
  driver: Driver,
  input: FloodInput,
  startMs: Promise<number>,
  emit: (event: RunEvent) => void,
): FloodRun {
  const over = new AbortController();
  let drive: Drive | undefined;

  async function run(flood: Flood, text: string): Promise<FloodSeen | null> {
    const zeroMs = await startMs.catch(() => null);
    if (zeroMs === null) return null;
    const { fromMs, toMs: plannedToMs } = floodWindow(input.scenario);
    const waitMs = zeroMs + fromMs - monotonicMs(input);
    await input.clock.sleep(Math.max(0, waitMs), over.signal).catch(() => undefined);
    if (over.signal.aborted) return null;
    // Beside the run's own history: the ledger must not read it.
    const historyDir = join(input.historyDir, '..', 'flood');
    drive = driver.start({
      runId: `${input.runId}-flood`,
      scenario: floodScenario(input.scenario, flood),
      target: input.target,
      historyDir,
      workers: 1,
    });
    const beganMs = (await drive.startMs) - zeroMs;
    emit({ kind: 'note', t: beganMs, text: `${text} begins` });
    for await (const { t } of drive.ticks) void t;
    const result = await drive.result;
    const toMs = beganMs + Math.min(result.durationMs, plannedToMs - fromMs);
    const op = result.ops[flood.kind === 'http' ? 'http' : 'chat.ack'];
    const served = createServedCount(flood.kind, toMs - beganMs);
    await visitHistory(historyDir, served.note);
    const ratePerSec = (served.count() * 1000) / Math.max(1, toMs - beganMs);
    emit({
      kind: 'note',
      t: toMs,
      text: `${text} ended: ${Math.round(ratePerSec)}/s served, ${op?.errors ?? 0} failed or unanswered${commonest(result.errorTexts)}`,
    });
    return {
      text,
      window: { fromMs: Math.round(beganMs), toMs: Math.round(toMs) },
      asked: flood.perSec,
      ratePerSec,
      errors: op?.errors ?? 0,
      p95Ms: op?.latencyMs.p95 ?? 0,
      failed: null,
    };
  }

  async function failed(flood: Flood, text: string, error: unknown): Promise<FloodSeen> {
    // A start that never came says only that; why is what the load ended with.
    const cause: unknown = await drive?.result.then(
      () => error,
      (reason: unknown) => reason,
    );
    const why = messageOf(cause ?? error);
    const { fromMs } = floodWindow(input.scenario);
    emit({ kind: 'warning', t: fromMs, text: `${text} could not be brought: ${why}` });
    return {
      ...{ text, asked: flood.perSec, ratePerSec: 0, errors: 0, p95Ms: 0 },
      window: { fromMs, toMs: fromMs },
      failed: `${text} could not be brought: ${why}`,
    };
  }

  async function seenOf(flood: Flood | null): Promise<FloodSeen | null> {
    if (flood === null) return null;
    const text = `flood ${flood.kind}=${flood.perSec}/s`;
    return await run(flood, text).catch((error: unknown) => failed(flood, text, error));
  }

  return {
    seen: seenOf(input.scenario.flood),
    stop() {
      over.abort();
      drive?.stop();
    },
    abort() {
      over.abort();
      void drive?.abort();
    },
  };
}

/** The reason most requests failed for. */
function commonest(errorTexts: Readonly<Record<string, number>>): string {
  const [first] = Object.entries(errorTexts).toSorted(([, a], [, b]) => b - a);
  return first === undefined ? '' : ` (${first[1]} × ${first[0]})`;
}
