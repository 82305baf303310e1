/** Puts the parts that were measured together as the summary the judge reads. */
import type { DetailPoint } from './detail.ts';
import { machineUse } from './machine-use.ts';
import type { MachineSample } from './machine-use.ts';
import type { ServiceSample } from './resources.ts';
import { serviceSummaries } from './service-summary.ts';
import type {
  Fidelity,
  GeneratorSummary,
  LedgerSummary,
  OpSummary,
  SeriesPoint,
  Summary,
  UserCounts,
} from './summary.ts';

export type Measurements = {
  readonly durationMs: number;
  readonly partial: boolean;
  readonly users: UserCounts;
  readonly ops: Readonly<Record<string, OpSummary>>;
  readonly ledger: LedgerSummary;
  readonly fidelity: Fidelity;
  /** `atMs` in ms since run start. */
  readonly services: readonly ServiceSample[];
  /** How often each ended in the run, as its supervisor says at the end. */
  readonly serviceEnds: ReadonlyMap<string, number>;
  readonly machine: readonly MachineSample[];
  readonly generator: GeneratorSummary;
  readonly points: readonly DetailPoint[];
  readonly finalRead: Summary['finalRead'];
  readonly holdSends: number;
};

/** The summary of a run. */
export function summarise(measured: Measurements): Summary {
  return {
    durationMs: measured.durationMs,
    partial: measured.partial,
    users: measured.users,
    ops: measured.ops,
    ledger: measured.ledger,
    fidelity: measured.fidelity,
    services: serviceSummaries(measured.services, measured.serviceEnds),
    generator: measured.generator,
    machine: machineUse(measured.machine),
    series: measured.points.map(seriesPoint),
    finalRead: measured.finalRead,
    holdSends: measured.holdSends,
  };
}

/** Rates of one second are that second's counts. */
function seriesPoint(point: DetailPoint): SeriesPoint {
  return {
    t: point.t,
    users: point.users,
    sent: point.sentPerSec,
    delivered: point.deliveredPerSec,
    errors: point.errorsPerSec,
    ackP95: point.ackMs?.p95 ?? 0,
    deliveryP95: point.deliveryMs?.p95 ?? 0,
  };
}
