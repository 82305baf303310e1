/** Drives the load, reads what the services use beside it, and reduces both to a summary. */
import type { RunEvent } from '../events.ts';
import type { Drive, Driver, DriveResult, Target } from '../load/driver.ts';
import { ledgerFromFiles } from '../load/history-files.ts';
import type { Detail } from '../samples/detail.ts';
import type { ServiceSample } from '../samples/resources.ts';
import { summarise } from '../samples/summarise.ts';
import type { Summary } from '../samples/summary.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunningSystem } from '../system/running-system.ts';
import type { Interrupt } from './interrupt.ts';

export type Measured = {
  readonly startedAtMs: number;
  readonly summary: Summary;
  readonly detail: Detail;
  /** Why connections and requests failed: text → count. */
  readonly errorTexts: Readonly<Record<string, number>>;
};

export type MeasureInput = {
  readonly runId: string;
  readonly scenario: Scenario;
  readonly target: Target;
  readonly system: RunningSystem | undefined;
  readonly historyDir: string;
  readonly workers: number | null;
};

/** Runs to the end, or to the interrupt; either way what was measured comes back. */
export async function measure(
  driver: Driver,
  input: MeasureInput,
  interrupt: Interrupt,
  emit: (event: RunEvent) => void,
): Promise<Measured> {
  // The first reading only sets the base that the next one's rates are counted from.
  await input.system?.sample();
  const drive = driver.start(input);
  obey(interrupt, drive, emit);
  const services = await watch(drive, input, emit);
  const result = await drive.result;
  return reduce(result, services, input);
}

function obey(interrupt: Interrupt, drive: Drive, emit: (event: RunEvent) => void): void {
  interrupt.onFirst(() => {
    emit({ kind: 'draining', t: 0, interrupted: true });
    drive.stop();
  });
  interrupt.onSecond(() => {
    void drive.abort();
  });
}

async function watch(
  drive: Drive,
  input: MeasureInput,
  emit: (event: RunEvent) => void,
): Promise<ServiceSample[]> {
  const seen: ServiceSample[] = [];
  let stage = -1;
  for await (const tick of drive.ticks) {
    if (tick.stage !== stage) {
      stage = tick.stage;
      const target = input.scenario.stages[stage]?.target;
      if (target !== undefined) {
        const of = input.scenario.stages.length;
        emit({ kind: 'stage', t: tick.t, index: stage, of, target });
      }
    }
    const services = (await input.system?.sample()) ?? [];
    seen.push(...services);
    emit({ kind: 'tick', t: tick.t, tick, services });
  }
  return seen;
}

async function reduce(
  result: DriveResult,
  services: readonly ServiceSample[],
  input: MeasureInput,
): Promise<Measured> {
  const ledger = await ledgerFromFiles(input.historyDir, {
    runId: input.runId,
    durationMs: result.durationMs,
    partial: result.stopped,
  });
  const sinceStart = services.map((sample) => ({
    ...sample,
    atMs: sample.atMs - result.startedAtMs,
  }));
  return {
    startedAtMs: result.startedAtMs,
    summary: summarise({ ...result, partial: result.stopped, ledger, services: sinceStart }),
    detail: { points: result.points, services: sinceStart },
    errorTexts: result.errorTexts,
  };
}
