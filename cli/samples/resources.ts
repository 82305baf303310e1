/** What the processes used: one reading of a service, and the summary of a run's readings. */

/** One reading of one service (all its processes: nginx's master and workers count as one). */
export type ServiceSample = {
  /** ms on the monotonic clock; in a run, since its start. */
  readonly atMs: number;
  readonly name: string;
  readonly kind: string;
  readonly pid: number;
  /** 100 = one core, summed over the service's processes, since the previous reading. */
  readonly cpuPct: number;
  readonly rssMb: number;
  /** Share of the interval its threads stood in the run queue (schedstat), 100 = all of it. */
  readonly waitPct: number;
  /** p99 of the event loop's lag in the interval; `null` for what is not Node. */
  readonly loopLagMs: number | null;
  /** Open client connections the node reports; `null` where unknown. */
  readonly connections: number | null;
  /** As the supervisor counts them; in a run, those since it began. */
  readonly restarts: number;
};
