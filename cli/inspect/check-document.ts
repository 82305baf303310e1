/** What `rtops dashboards check --json` prints. Names in it do not change within a schemaVersion. */
import { causeText } from './cause.ts';
import { checkVerdict, tally } from './inspection.ts';
import type { CheckRow, Inspection, Tally } from './inspection.ts';

export type CheckDocument = {
  readonly schemaVersion: 1;
  readonly verdict: 'pass' | 'fail' | 'no-data';
  readonly exitCode: number;
  readonly source: string;
  readonly run: string | null;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly clockSkewMs: number;
  readonly totals: Tally;
  readonly rows: readonly {
    readonly dashboard: string;
    readonly kind: CheckRow['kind'];
    readonly name: string;
    readonly count: number;
    readonly verdict: CheckRow['verdict'];
    /** `kind` of the cause, for programs; `null` where there is none. */
    readonly cause: string | null;
    readonly why: string | null;
    readonly query: string | null;
    readonly under: string | null;
  }[];
};

export function checkDocument(inspection: Inspection, exitCode: number): CheckDocument {
  return {
    schemaVersion: 1,
    verdict: checkVerdict(inspection.rows),
    exitCode,
    source: inspection.source,
    run: inspection.run,
    from: new Date(inspection.window.fromMs).toISOString(),
    to: new Date(inspection.window.toMs).toISOString(),
    clockSkewMs: Math.round(inspection.skewMs),
    totals: tally(inspection.rows),
    rows: inspection.rows.map(({ cause, refId, ...row }) => ({
      dashboard: row.dashboard,
      kind: row.kind,
      name: row.name,
      count: row.count,
      verdict: row.verdict,
      cause: cause?.kind ?? null,
      why: cause === null ? null : causeText(cause),
      query: refId,
      under: row.under,
    })),
  };
}
