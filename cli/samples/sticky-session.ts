/** What a stickiness probe saw: every request of every session, and who answered it. */

/**
 * The requests of one Engine.IO session, in their order. `handshake` opens it by polling, `connect`
 * and `event` are POSTs, `receive` is a GET, `long-poll` a GET that is held, `upgrade` the WebSocket
 * with the same session id, `echo` a question over it.
 */
export type StickyStepName =
  | 'handshake'
  | 'connect'
  | 'receive'
  | 'event'
  | 'long-poll'
  | 'upgrade'
  | 'echo';

/** Why a request did not do what it should. */
export type StickyTroubleKind =
  /** HTTP 400, code 1: the node that answered did not make this session. */
  | 'session-unknown'
  /** HTTP 400, code 3 on the upgrade: it arrived as a plain request. */
  | 'not-an-upgrade'
  /** HTTP 502, 503, 504: the proxy had no node for it. */
  | 'gateway'
  | 'http-status'
  /** The connection ended or could not be made. */
  | 'closed'
  | 'timeout'
  /** An answer that is not Engine.IO's, or without what was asked for. */
  | 'protocol'
  /** The server let the user not in. */
  | 'refused';

export type StickyTrouble = { readonly kind: StickyTroubleKind; readonly text: string };

/** One request, and the node that answered it as told by three who must agree. */
export type StickyStep = {
  readonly step: StickyStepName;
  /** Since the probe began. */
  readonly atMs: number;
  readonly tookMs: number;
  /** `null`: no answer, or a frame over WebSocket. */
  readonly status: number | null;
  /** The server's `x-node` header. */
  readonly header: string | null;
  /** What the chat itself answered to `chat:whoami`. */
  readonly app: string | null;
  /**
   * nginx's `X-Upstream`, each one it tried in order, as node names where they are known and as
   * addresses elsewhere. More than one: the request was tried again elsewhere without a word.
   */
  readonly upstreams: readonly string[];
  readonly trouble: StickyTrouble | null;
};

export type StickySession = {
  /** The client it belongs to. */
  readonly client: number;
  /** The address it dialled from; `null` where that cannot be chosen. */
  readonly source: string | null;
  readonly sid: string | null;
  /** Cookies the other side had set by the end, and whether the client sends them back. */
  readonly cookies: {
    readonly names: readonly string[];
    readonly sentBack: boolean;
    /** What a cookie of a session should have and has not, as sentences. */
    readonly flaws: readonly string[];
  };
  readonly steps: readonly StickyStep[];
  /** The WebSocket it became, and how long it was open before a fault. */
  readonly socket: { readonly node: string; readonly openMs: number } | null;
};

/** One client across the loss of a node. */
export type StickyWitness = {
  readonly client: number;
  readonly source: string | null;
  /** Its polling session before: where it lived. */
  readonly before: string;
  /** The first question on that session after the node was gone. */
  readonly asked: StickyStep | null;
  /** Its WebSocket: the node, whether it was still open afterwards, and who answered over it. */
  readonly socket: {
    readonly node: string;
    readonly open: boolean;
    readonly after: string | null;
  } | null;
  /** A new session after the loss: for an orphan its next home, for a survivor its affinity. */
  readonly next: StickySession | null;
};

/** A WS node was killed under open sessions. */
export type StickyLoss = {
  readonly victim: string;
  readonly witnesses: readonly StickyWitness[];
};

/**
 * What was done to the proxy or its pool under open sessions, in this order: nginx was reloaded; the
 * killed node came back; a node was marked `down`; its line was deleted.
 */
export type StickyChangeKind = 'reload' | 'return' | 'down' | 'deleted';

/** A change, and one question to each session that was open before it. */
export type StickyChange = {
  readonly kind: StickyChangeKind;
  /** The node that came back or was taken off; `null` for a reload. */
  readonly node: string | null;
  /** Sessions whose node was there all the time; `next` is `null`. */
  readonly witnesses: readonly StickyWitness[];
  /** Clients that came afterwards: where the proxy sends new ones. */
  readonly fresh: readonly StickySession[];
};

/** Everything one mode was seen to do. */
export type StickyPass = {
  readonly sessions: readonly StickySession[];
  /** Sessions of clients that never send a cookie back; `null` when not tried. */
  readonly withoutCookies: readonly StickySession[] | null;
  /** `null` when no node was killed. */
  readonly loss: StickyLoss | null;
  readonly changes: readonly StickyChange[];
};

/** The node that answered a step: what the server said, else what the proxy said last. */
export function nodeOfStep(step: StickyStep): string | null {
  return step.header ?? step.app ?? step.upstreams.at(-1) ?? null;
}
