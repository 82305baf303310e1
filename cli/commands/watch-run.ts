/** Serves the metrics of a run where somebody reads them: its system's Prometheus, or the user's own. */
import { openRunPage } from '../observe/open-run-page.ts';
import type { RunPage } from '../observe/open-run-page.ts';
import type { World } from '../world.ts';
import type { BenchRequest } from './bench-request.ts';
import type { BenchTarget } from './bench-target.ts';
import type { Interrupt } from './interrupt.ts';
import type { Run } from './open-run.ts';
import type { Outputs } from './outputs.ts';

export type WatchedRun = {
  readonly asked: BenchRequest;
  readonly run: Run;
  readonly target: BenchTarget;
  readonly outputs: Outputs;
  readonly interrupt: Interrupt;
};

/**
 * `null` where nobody would read them: neither monitoring nor `--metrics-port`. With monitoring it waits
 * until Prometheus has read the page once, or a run's first seconds would be missing.
 */
export async function watchRun(
  world: World,
  { asked, run, target, outputs, interrupt }: WatchedRun,
): Promise<RunPage | null> {
  const { system } = target;
  const announceIn = system?.topology.monitoring === true ? system.stateDir : null;
  if (announceIn === null && asked.metricsPort === null) return null;
  const page = await openRunPage(world, {
    runId: run.id,
    scenario: asked.scenario.name,
    topology: target.name,
    announceIn,
    port: asked.metricsPort,
  });
  outputs.listen(page.event);
  interrupt.onSecond(page.hurry);
  if (asked.metricsPort !== null) {
    outputs.emit({ kind: 'note', t: 0, text: `metrics of this run: ${page.url}` });
  }
  if (announceIn !== null) await untilRead(page, outputs, interrupt);
  return page;
}

async function untilRead(page: RunPage, outputs: Outputs, interrupt: Interrupt): Promise<void> {
  const giveUp = new AbortController();
  interrupt.onFirst(() => giveUp.abort());
  outputs.emit({
    kind: 'note',
    t: 0,
    text: 'waiting until Prometheus reads the metrics of this run',
  });
  if ((await page.firstRead(giveUp.signal)) || interrupt.asked) return;
  outputs.emit({
    kind: 'warning',
    t: 0,
    text: 'Prometheus did not read the metrics of this run: its first seconds may be on no dashboard',
  });
}
