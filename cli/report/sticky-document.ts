/** What `sticky-test --json` prints. Tools depend on the names. */
import type {
  StickyJudgement,
  StickyModeRefused,
  StickyModeResult,
  StickyVerdict,
} from '../verdict/sticky/sticky-result.ts';
import type { StickyRemedy } from './sticky-remedy.ts';

export type StickyDocument = {
  readonly schemaVersion: 1;
  readonly kind: 'sticky-test';
  /** The topology that was started; `null` for `--url`. */
  readonly topology: string | null;
  readonly url: string | null;
  /** nginx's version; `null` when it is not ours. */
  readonly nginx: string | null;
  readonly modes: readonly (StickyModeResult | StickyModeRefused)[];
  readonly remedies: readonly StickyRemedy[];
  /** What this run could not know. */
  readonly notKnown: readonly string[];
  readonly verdict: StickyVerdict;
  readonly why: string;
  /** 105: interrupted, and `modes` are those that were played before. */
  readonly exitCode: StickyJudgement['exitCode'] | 105;
};
