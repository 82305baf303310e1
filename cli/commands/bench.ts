/** `rtops bench`: topology and scenario → system → load → summary → verdict → report. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { World } from '../world.ts';
import { nativeDriver } from '../load/native/native-driver.ts';
import { attachSystem } from '../system/attach-system.ts';
import { judge } from '../verdict/judge.ts';
import { readBenchRequest } from './bench-request.ts';
import type { BenchOptions } from './bench-request.ts';
import { openBenchTarget } from './bench-target.ts';
import { composeReport } from './compose-report.ts';
import { hostFacts } from './host-facts.ts';
import { listenForInterrupt } from './interrupt.ts';
import { measure } from './measure.ts';
import { isLoopback } from './probe-url.ts';
import { openOutputs } from './outputs.ts';
import { openRun } from './open-run.ts';

/** Runs one bench. The exit code is the verdict's, or 105 when it was interrupted. */
export async function bench(world: World, options: BenchOptions): Promise<ExitCode> {
  using interrupt = listenForInterrupt(world);
  const up = await attachSystem(world);
  const asked = await readBenchRequest(world, options, up?.topology.name);
  await using run = openRun(world, asked.runDir);
  await using outputs = await openOutputs(world, asked, run);
  await using target = await openBenchTarget(world, asked.target, up, interrupt, outputs.emit);
  if (interrupt.asked) return exitCode.interrupted;

  run.writeDocuments(asked.scenario, target.system?.topology ?? null);
  outputs.start({ name: target.name, url: target.target.url });
  const measured = await measure(
    nativeDriver(world),
    { ...asked, runId: run.id, historyDir: run.historyDir, ...target },
    interrupt,
    outputs.emit,
  );
  const host = hostFacts();
  const judgement = judge(measured.summary, asked.thresholds, {
    cores: host.cores,
    loopback: isLoopback(new URL(target.target.url).hostname),
  });
  const report = await composeReport(world, { run, asked, target, measured, judgement, host });
  await outputs.finish(report, measured.detail);
  return report.run.partial ? exitCode.interrupted : judgement.exitCode;
}
