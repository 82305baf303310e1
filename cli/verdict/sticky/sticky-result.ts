/** What one mode, and a whole stickiness test, came to. Printed as JSON: tools depend on the names. */
import type { StickyChangeKind, StickyStepName } from '../../samples/sticky-session.ts';
import type { Break, BreakCause } from './break-cause.ts';
import type { Skew } from './skew.ts';

export type StickyVerdict = 'pass' | 'fail' | 'no-data';

/** Something to know that by itself decides nothing. */
export type StickyFinding = {
  readonly kind:
    | 'hot-spot'
    | 'silent-retry'
    | 'cookie-hygiene'
    | 'identity'
    | 'one-source'
    | 'flips-back'
    | 'pool-edit'
    | 'imbalance'
    | 'no-control'
    | 'not-known';
  readonly text: string;
};

export type StickyLossResult = {
  readonly victim: string;
  /** Clients whose polling session lived elsewhere. */
  readonly survivors: number;
  /** Of them, those whose session broke or whose next session went to another node. */
  readonly survivorsMoved: number;
  /** WebSockets on other nodes that closed, or were answered by another node. */
  readonly socketsMoved: number;
  readonly orphans: number;
  /** Orphans whose next session held to its end. */
  readonly orphansBack: number;
  /** Where they went. */
  readonly movedTo: Skew;
};

/** What one change of the proxy or its pool did to sessions that were open. */
export type StickyChangeResult = {
  readonly kind: StickyChangeKind;
  readonly node: string | null;
  /** Polling sessions whose node was there all the time, and how many of them broke or moved. */
  readonly sessions: number;
  readonly moved: number;
  /** `return` only: clients that had lost their node, and how many lost their new one by its return. */
  readonly orphans: number;
  readonly orphansMovedAgain: number;
  /** WebSockets on nodes that were there all the time. */
  readonly sockets: number;
  readonly socketsMoved: number;
  /** WebSockets that are open, per node. */
  readonly openSockets: Skew;
  /** Where clients went that came afterwards; `null` when none did. */
  readonly newcomers: Skew | null;
  /** `return` only: new connections until the returned node's gap to the mean is half of what it is. */
  readonly halvedAfter: number | null;
};

export type StickyModeResult = {
  /** The `proxy.ws.balance` under test, `none` for round robin; `as-found` for `--url`. */
  readonly mode: string;
  /** A control is there to break: it shows that the test can see a break. */
  readonly role: 'subject' | 'control';
  readonly verdict: StickyVerdict;
  /** One sentence. */
  readonly why: string;
  readonly nodes: readonly string[];
  readonly sessions: number;
  readonly broken: number;
  readonly causes: readonly {
    readonly cause: BreakCause;
    readonly step: StickyStepName;
    readonly count: number;
  }[];
  /** The first ten. */
  readonly breaks: readonly Break[];
  readonly skew: { readonly handshakes: Skew; readonly sockets: Skew; readonly messages: Skew };
  /** Addresses clients came from, the /24 networks `ip_hash` sees, and the largest one's share. */
  readonly sources: {
    readonly addresses: number;
    readonly networks: number;
    readonly largestNetworkShare: number;
  };
  /** ip_hash alone: nodes predicted from the address against the real ones. */
  readonly oracle: {
    readonly predicted: number;
    readonly right: number;
    readonly misses: readonly {
      readonly source: string;
      readonly predicted: string;
      readonly real: string;
    }[];
  } | null;
  /** The same without cookies: they must break, or the cookie is not what holds. */
  readonly withoutCookies: {
    readonly sessions: number;
    readonly broken: number;
    /** Of them, those that broke because another node got the request. */
    readonly astray: number;
  } | null;
  readonly loss: StickyLossResult | null;
  readonly changes: readonly StickyChangeResult[];
  readonly findings: readonly StickyFinding[];
};

/** A mode this machine cannot play. */
export type StickyModeRefused = {
  readonly mode: string;
  readonly role: 'subject';
  readonly verdict: 'refused';
  readonly why: string;
};

export type StickyJudgement = {
  readonly verdict: StickyVerdict;
  readonly why: string;
  readonly exitCode: 0 | 99 | 122;
};
