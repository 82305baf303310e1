/** `rtops bench`: one run of the pipeline, on what is up or on a system started for it. */
import type { ExitCode } from '../exit-code.ts';
import { attachSystem } from '../system/attach-system.ts';
import type { World } from '../world.ts';
import { readBenchRequest } from './bench-request.ts';
import type { BenchOptions } from './bench-request.ts';
import { listenForInterrupt } from './interrupt.ts';
import { runOnce } from './run-once.ts';

/** Runs one bench. The exit code is the verdict's, or 105 when it was interrupted. */
export async function bench(world: World, options: BenchOptions): Promise<ExitCode> {
  using interrupt = listenForInterrupt(world);
  const up = await attachSystem(world);
  const asked = await readBenchRequest(world, options, up?.topology);
  const { code } = await runOnce(world, asked, { up, interrupt, ofSeries: null });
  return code;
}
