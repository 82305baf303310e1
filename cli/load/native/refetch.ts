/** What a member does after a resync: it reads the log of its room anew, page by page. */
import { event } from '../../../server/contract.ts';
import { recordKind } from '../../samples/history.ts';
import type { Channel } from './channel.ts';
import type { Desk } from './desk.ts';
import { historyPage, readHistoryPage } from './history-page.ts';

export type Reader = {
  readonly index: number;
  readonly roomText: string;
  takeAckId(): number;
};

export class Refetch {
  readonly #desk: Desk;
  readonly #reader: Reader;
  #channel: Channel | undefined;
  #ackId = -1;
  #isWhole = true;

  constructor(desk: Desk, reader: Reader) {
    this.#desk = desk;
    this.#reader = reader;
  }

  /** No refetch of this session was refused or broke off. */
  get isWhole(): boolean {
    return this.#isWhole && !this.isUnderway;
  }

  get isUnderway(): boolean {
    return this.#ackId !== -1;
  }

  /** A new session: what became of earlier refetches no longer matters. */
  reset(): void {
    this.#isWhole = true;
    this.#ackId = -1;
  }

  /** Asks for what follows `after`. */
  begin(channel: Channel | undefined, after: number): void {
    this.#channel = channel;
    this.#ackId = this.#reader.takeAckId();
    channel?.emit(event.history, historyPage(this.#reader.roomText, after), this.#ackId);
  }

  isAnsweredBy(ackId: number): boolean {
    return this.isUnderway && ackId === this.#ackId;
  }

  /** Takes a page and asks for the next. Returns the highest seq of this one, 0 for none. */
  take(value: unknown, nowUs: number): number {
    this.#ackId = -1;
    const page = readHistoryPage(value);
    if (page.refused !== undefined) {
      this.#desk.measures.problem(`refetch refused: ${page.refused}`);
      this.#isWhole = false;
      return 0;
    }
    const { index } = this.#reader;
    for (const { seq, sender, room, n } of page.messages) {
      this.#desk.history.add(recordKind.resynced, 0, index, room, sender, n, seq, nowUs);
    }
    if (page.lastSeq > 0 && page.lastSeq < page.head) this.begin(this.#channel, page.lastSeq);
    return page.lastSeq;
  }

  /** The connection broke. */
  breakOff(): void {
    if (this.isUnderway) this.#isWhole = false;
    this.#ackId = -1;
    this.#channel = undefined;
  }
}
