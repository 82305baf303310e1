/**
 * What a member does after a resync, and in a room counted anew: it reads the log of its room again,
 * page by page, up to where the room comes to it live. A server that cannot answer now is asked again;
 * what a lost connection broke off goes on when the member is back.
 */
import { event } from '../../../server/contract.ts';
import { recordKind } from '../../samples/history.ts';
import type { Channel } from './channel.ts';
import { timerFor, type Desk } from './desk.ts';
import { historyPage, readHistoryPage } from './history-page.ts';
import { isForLater } from './reply.ts';

export type Reader = {
  readonly index: number;
  readonly roomText: string;
  takeAckId(): number;
};

/** What a page told. */
export type Taken = {
  /** The highest seq that is known from it, 0 for none. */
  readonly reached: number;
  /** How far the log reached then; `undefined`: it was not to be had. */
  readonly head: number | undefined;
};

const defaultRetryMs = 500;
/** In another numbering a client starts near the head: the reference client's default `resetTo`. */
const startsBelowHead = 1000;
const nothing = -1;

export class Refetch {
  readonly #desk: Desk;
  readonly #reader: Reader;
  #channel: Channel | undefined;
  /** What lies above this seq is still to be read; {@link nothing}: no refetch is under way. */
  #after = nothing;
  /** What lies above this seq comes live. */
  #upTo = 0;
  #ackId = nothing;
  #askAgainAtUs = nothing;
  #isWhole = true;
  /** No page of it was read: the first shows whether the head that was told of is this log's. */
  #isFirst = false;

  constructor(desk: Desk, reader: Reader) {
    this.#desk = desk;
    this.#reader = reader;
  }

  /** Every refetch of this session was read to its end. */
  get isWhole(): boolean {
    return this.#isWhole && !this.isUnderway;
  }

  get isUnderway(): boolean {
    return this.#after !== nothing;
  }

  /** A new session: what became of earlier refetches no longer matters. */
  reset(): void {
    this.breakOff();
    this.#isWhole = true;
    this.#after = nothing;
    this.#upTo = 0;
  }

  /**
   * What follows `after`, up to `upTo`, is missed: asked for now, or when the member is {@link up}. A
   * question that was asked before is not waited for: its answer may be older than this is known. Nor
   * does an older bound hold: it may be of another numbering, and what lies above `upTo` comes live.
   */
  want(after: number, upTo: number): void {
    this.#after = this.isUnderway ? Math.min(this.#after, after) : after;
    this.#upTo = upTo;
    this.#isFirst = true;
    if (this.#after >= upTo) this.#end();
    else if (this.#channel !== undefined) this.#ask();
  }

  /** The room is counted anew, and comes live above `head`; what was still to be read is gone. */
  wantAnew(head: number): void {
    this.#end();
    this.want(fromNear(head), head);
  }

  /** A replay has brought what lies above `seq`. */
  replayedAbove(seq: number): void {
    this.#upTo = Math.min(this.#upTo, seq);
    if (this.#after >= this.#upTo) this.#end();
  }

  /** The member is in its room on this connection. */
  up(channel: Channel): void {
    this.#channel = channel;
    if (this.isUnderway) this.#ask();
  }

  /** The timer after a page that was not to be had. */
  fire(atUs: number): void {
    if (atUs === this.#askAgainAtUs) this.#ask();
  }

  isAnsweredBy(ackId: number): boolean {
    return ackId === this.#ackId && ackId !== nothing;
  }

  /** Takes a page and asks for the next. */
  take(value: unknown, nowUs: number): Taken {
    this.#ackId = nothing;
    const page = readHistoryPage(value);
    if (page.refused !== undefined) {
      this.#refused(page.refused, page.retryAfterMs, nowUs);
      return { reached: 0, head: undefined };
    }
    const { head } = page;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && head < this.#upTo && fromNear(head) < this.#after) {
      // Another numbering than the one it was told of. Only once: a log may go back for ever.
      this.#after = fromNear(head);
      this.#ask();
      return { reached: 0, head };
    }
    if (head < this.#after) {
      this.#isWhole = false;
      this.#end();
      return { reached: 0, head };
    }
    const { index } = this.#reader;
    for (const { seq, sender, room, n } of page.messages) {
      // What is also on its way live is that, not this: on the wire it comes once.
      if (seq > this.#upTo) continue;
      this.#desk.history.add(recordKind.resynced, 0, index, room, sender, n, seq, nowUs);
    }
    const goesOn = page.lastSeq > this.#after;
    // A page of what was read before: to ask on would never end.
    if (page.lastSeq > 0 && !goesOn) this.#isWhole = false;
    if (goesOn && page.lastSeq < Math.min(head, this.#upTo)) {
      this.#after = page.lastSeq;
      this.#ask();
    } else {
      this.#end();
    }
    return { reached: Math.min(page.lastSeq, this.#upTo), head };
  }

  /** The connection broke. */
  breakOff(): void {
    this.#ackId = nothing;
    this.#askAgainAtUs = nothing;
    this.#channel = undefined;
  }

  #ask(): void {
    this.#askAgainAtUs = nothing;
    this.#ackId = this.#reader.takeAckId();
    this.#channel?.emit(
      event.history,
      historyPage(this.#reader.roomText, this.#after),
      this.#ackId,
    );
  }

  #refused(code: string, retryAfterMs: number | undefined, nowUs: number): void {
    this.#desk.measures.problem(`refetch refused: ${code}`);
    if (isForLater(code)) {
      this.#askAgainAtUs = Math.round(nowUs + (retryAfterMs ?? defaultRetryMs) * 1000);
      this.#desk.timer(this.#askAgainAtUs, this.#reader.index, timerFor.refetch);
    } else {
      this.#isWhole = false;
      this.#end();
    }
  }

  /** There is nothing to read any more, and no answer to wait for. */
  #end(): void {
    this.#after = nothing;
    this.#ackId = nothing;
    this.#askAgainAtUs = nothing;
  }
}

function fromNear(head: number): number {
  return Math.max(0, head - startsBelowHead);
}
