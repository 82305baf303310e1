/** What a whole machine did during a run, whoever used it. */

/** Of the time since the reading before, over all cores, 0–100. */
export type MachineSample = {
  /** ms since run start. */
  readonly atMs: number;
  /** Not idle, and not waiting for a disk; stolen time is not ours to use and counts as busy. */
  readonly busyPct: number;
  /** Taken by the hypervisor for others. */
  readonly stealPct: number;
};

/** 100 = all cores. `max` is the highest mean over any window of 5 s, as that of a service. */
export type MachineUse = {
  readonly cpuPct: { readonly avg: number; readonly max: number };
  readonly stealPct: number;
};

const windowMs = 5000;

/** `undefined` without a reading. `samples` in order of time, about one a second. */
export function machineUse(samples: readonly MachineSample[]): MachineUse | undefined {
  if (samples.length === 0) return undefined;
  const avg = mean(samples.map(({ busyPct }) => busyPct));
  let from = 0;
  let max = avg;
  for (const [to, { atMs }] of samples.entries()) {
    while ((samples[from]?.atMs ?? atMs) <= atMs - windowMs) from++;
    const window = samples.slice(from, to + 1);
    const firstMs = samples[from - 1]?.atMs;
    // Only what covers a whole window: one busy second is not a limit.
    if (firstMs !== undefined) max = Math.max(max, mean(window.map(({ busyPct }) => busyPct)));
  }
  return { cpuPct: { avg, max }, stealPct: mean(samples.map(({ stealPct }) => stealPct)) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
