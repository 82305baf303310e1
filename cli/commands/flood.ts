/** The flood of a scenario: a second load, with workers of its own, during a window of the first. */
import { join } from 'node:path';

import type { RunEvent } from '../events.ts';
import type { Drive, Driver, Target } from '../load/driver.ts';
import { visitHistory } from '../load/history-files.ts';
import { createServedCount } from '../samples/served-count.ts';
import type { Span } from '../samples/window-latency.ts';
import { floodScenario, floodWindow } from '../scenario/flood-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
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
};

export type FloodRun = {
  /** `null` without a flood, or when it never began. Rejects when its load failed. */
  readonly seen: Promise<FloodSeen | null>;
  stop(): void;
  abort(): void;
};

/** Waits for its time from `startedAtMs` (wall clock of run start). */
export function startFlood(
  driver: Driver,
  input: FloodInput,
  startedAtMs: Promise<number>,
  emit: (event: RunEvent) => void,
): FloodRun {
  const over = new AbortController();
  let drive: Drive | undefined;

  async function run(): Promise<FloodSeen | null> {
    const { flood } = input.scenario;
    if (flood === null) return null;
    const zeroMs = await startedAtMs.catch(() => null);
    if (zeroMs === null) return null;
    const { fromMs } = floodWindow(input.scenario);
    const waitMs = zeroMs + fromMs - input.clock.now();
    await input.clock.sleep(Math.max(0, waitMs), over.signal).catch(() => undefined);
    if (over.signal.aborted) return null;
    const text = `flood ${flood.kind}=${flood.perSec}/s`;
    // Beside the run's own history: the ledger must not read it.
    const historyDir = join(input.historyDir, '..', 'flood');
    drive = driver.start({
      runId: `${input.runId}-flood`,
      scenario: floodScenario(input.scenario, flood),
      target: input.target,
      historyDir,
      workers: 1,
    });
    const beganMs = (await drive.startedAtMs) - zeroMs;
    emit({ kind: 'note', t: beganMs, text: `${text} begins` });
    for await (const { t } of drive.ticks) void t;
    const result = await drive.result;
    const { fromMs: plannedFrom, toMs: plannedTo } = floodWindow(input.scenario);
    const toMs = beganMs + Math.min(result.durationMs, plannedTo - plannedFrom);
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
    };
  }

  const seen = run();
  // Whoever waits for it hears of a failure; a run that ended before must not crash of it.
  seen.catch(() => undefined);
  return {
    seen,
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
