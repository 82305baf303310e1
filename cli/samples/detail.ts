/** The finer record the charts are drawn from; kept beside report.json as `detail.json`. */
import type { ServiceSample } from './resources.ts';

export type Quantiles = { readonly p50: number; readonly p95: number; readonly p99: number };

/** One second of the run. Rates are of that second. Quantiles are `null` when nothing was measured. */
export type DetailPoint = {
  /** ms since run start, the end of the second. */
  readonly t: number;
  readonly stage: number;
  readonly users: number;
  readonly targetUsers: number;
  readonly sentPerSec: number;
  readonly deliveredPerSec: number;
  readonly httpPerSec: number;
  readonly errorsPerSec: number;
  readonly ackMs: Quantiles | null;
  readonly deliveryMs: Quantiles | null;
  readonly httpMs: Quantiles | null;
};

export type Detail = {
  readonly points: readonly DetailPoint[];
  /** `atMs` rewritten to ms since run start. */
  readonly services: readonly ServiceSample[];
};
