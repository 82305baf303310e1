/** What machine a run was made on: without it no figure can be compared. */
import { cpus, release, totalmem } from 'node:os';

import type { HostFacts } from '../report/report.ts';

/** Facts of this machine. */
export function hostFacts(): HostFacts {
  return {
    cores: cpus().length,
    memMb: Math.round(totalmem() / 1024 / 1024),
    node: process.version,
    kernel: release(),
  };
}
