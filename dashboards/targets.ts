/** The project's own targets: the thresholds that every run is judged by (docs/thresholds.md). */
export const targets = {
  ackP95Sec: 0.03,
  deliveryP95Sec: 0.03,
  httpP95Sec: 0.15,
  errorShare: 0.01,
  /** Of one core, the worst server process. */
  cpuCores: 0.7,
  /** Above it the generator was too late to prove anything. */
  lateShare: 0.01,
} as const;
