/**
 * One room as the app sees it: every message once, in order of seq, whatever order, repeats and
 * holes the connection brings. Holes are filled by `chat:history`.
 */
import { historyLimit, type ChatMessage, type HistoryAck } from '../contract.ts';

type Page = Exclude<HistoryAck, { ok: false }>;

type FeedDeps = {
  /** A page of the room above `after`; `undefined` when the connection went meanwhile. */
  readonly fetch: (after: number, limit: number) => Promise<Page | undefined>;
  readonly show: (message: ChatMessage) => void;
  /** Messages `from` to `to` are gone from the server's log: nobody can bring them any more. */
  readonly gone: (from: number, to: number) => void;
  /** Whether a page goes on from `last`. False: the log is another one now, and this is restarted. */
  readonly agrees: (page: Page, last: number) => boolean;
};

export type RoomFeed = {
  /** The seq of the last message shown (or the room's head when it was joined). */
  last(): number;
  /** From now on messages are kept back: the connection is new and where it stands is not known. */
  hold(): void;
  /** The server said where this member starts, or starts again. */
  startAt(seq: number): void;
  /** What was kept back is in the numbering of this feed: show it. */
  release(): void;
  receive(message: ChatMessage): void;
  /** The room's head is at least `head`: what is missing is fetched. */
  reach(head: number): void;
};

export function roomFeed(deps: FeedDeps): RoomFeed {
  let last = 0;
  let held = true;
  let goal = 0;
  let filling = false;
  /** Counts holds and starts: what was asked for before one is not used after it. */
  let turn = 0;
  /** Messages that came before one they must follow. */
  const early = new Map<number, ChatMessage>();

  const advance = (message: ChatMessage): void => {
    if (message.seq <= last) return;
    if (message.seq > last + 1) deps.gone(last + 1, message.seq - 1);
    last = message.seq;
    deps.show(message);
  };

  const advanceThroughEarly = (): void => {
    for (const seq of early.keys()) if (seq <= last) early.delete(seq);
    for (;;) {
      const next = early.get(last + 1);
      if (next === undefined) return;
      early.delete(next.seq);
      advance(next);
    }
  };

  const settle = (): void => {
    if (held || filling) return;
    advanceThroughEarly();
    for (const seq of early.keys()) goal = Math.max(goal, seq);
    if (goal > last) void fill();
  };

  const fill = async (): Promise<void> => {
    const started = turn;
    filling = true;
    while (last < goal) {
      const page = await deps.fetch(last, historyLimit);
      // After a hold or a new start another fill has taken over.
      if (turn !== started) return;
      if (page === undefined) {
        // Nobody brings it now: what comes next asks again.
        filling = false;
        return;
      }
      if (!deps.agrees(page, last)) return;
      for (const message of page.messages) advance(message);
      advanceThroughEarly();
      if (page.messages.length === 0) {
        // A head above an empty page: all of it was trimmed.
        if (page.head > last) deps.gone(last + 1, page.head);
        last = Math.max(last, page.head);
        goal = last;
      }
    }
    filling = false;
    settle();
  };

  /** A head below what was shown: perhaps the node lags, perhaps the log lost its end. */
  const verify = async (): Promise<void> => {
    const started = turn;
    const page = await deps.fetch(last, 1);
    if (turn === started && page !== undefined) deps.agrees(page, last);
  };

  const newTurn = (): void => {
    turn += 1;
    filling = false;
    goal = 0;
  };

  return {
    last: () => last,
    hold: () => {
      newTurn();
      held = true;
      // The next connection brings them again, perhaps in another numbering.
      early.clear();
    },
    startAt: (seq) => {
      newTurn();
      last = seq;
      held = false;
      settle();
    },
    release: () => {
      held = false;
      settle();
    },
    receive: (message) => {
      if (!held && !filling && message.seq === last + 1) {
        advance(message);
        if (early.size > 0) settle();
        return;
      }
      if (message.seq <= last && !held) return;
      early.set(message.seq, message);
      settle();
    },
    reach: (head) => {
      if (head < last && !held && !filling) void verify();
      goal = Math.max(goal, head);
      settle();
    },
  };
}
