/**
 * The final read: one connection reads the log of many rooms to the end, page by page, a few rooms
 * at a time, and records what is stored. What is acked must be there.
 */
import { event } from '../../../server/contract.ts';
import { recordKind, roomName } from '../../samples/history.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { historyPage, readHistoryPage, type HistoryPage } from './history-page.ts';
import type { HistoryWriter } from './history-writer.ts';
import { isForLater, readReply } from './reply.ts';
import type { RunClock } from './run-clock.ts';

const roomsAtOnce = 16;
const retryMs = 250;
/** A server that has not let the reader in for this long is not waited for any longer. */
const noEntryMs = 3000;
const cap24 = 0xffffff;

export type LogReading = {
  readonly runId: string;
  readonly rooms: readonly number[];
  readonly history: Pick<HistoryWriter, 'add'>;
  readonly clock: RunClock;
  readonly withinMs: number;
  /** The reader's index in the history: beyond the users. */
  readonly reader: number;
  dial(listener: ChannelListener): Channel;
};

/** Reads all rooms. `null`: every one was read to its head; else why not, in one sentence. */
export async function readLogs(reading: LogReading): Promise<string | null> {
  if (reading.rooms.length === 0) return null;
  const deadlineUs = reading.clock.nowUs() + reading.withinMs * 1000;
  const line = new RequestLine(reading, deadlineUs);
  const waiting = [...reading.rooms];
  const reasons: string[] = [];
  const worker = async (): Promise<void> => {
    for (let room = waiting.shift(); room !== undefined; room = waiting.shift()) {
      const why = await readRoom(reading, line, room);
      if (why !== null) reasons.push(why);
      line.leave(roomName(reading.runId, room));
    }
  };
  try {
    await Promise.all(Array.from({ length: roomsAtOnce }, worker));
  } finally {
    line.close();
  }
  const first = reasons[0];
  if (first === undefined) return null;
  return reasons.length === 1 ? first : `${first} (and ${reasons.length - 1} more rooms)`;
}

async function readRoom(
  { runId, history, clock, reader }: LogReading,
  line: RequestLine,
  room: number,
): Promise<string | null> {
  const name = roomName(runId, room);
  let after = 0;
  for (;;) {
    const askedUs = clock.nowUs();
    const page = await line.history(name, after);
    if (page === undefined) return `room ${name} was not read in time`;
    // A room nobody ever made has an empty log.
    if (page.refused !== undefined && page.refused !== 'NOT_FOUND') {
      return `room ${name} was refused: ${page.refused}`;
    }
    if (page.lastSeq === 0 && page.head > after) {
      return `the server keeps no log (room ${name} has a head of ${page.head} and no messages)`;
    }
    if (after === 0 && page.firstSeq > 1) {
      return `the log of room ${name} no longer reaches back to its first message`;
    }
    if (page.lastSeq > 0 && page.lastSeq <= after) {
      return `the log of room ${name} answers with what lies below ${after} when asked for what lies above`;
    }
    const nowUs = clock.nowUs();
    for (const { seq, sender, n } of page.messages) {
      history.add(recordKind.stored, 0, reader, room, sender, n, seq, nowUs);
    }
    after = Math.max(after, page.lastSeq);
    if (page.lastSeq === 0 || after >= page.head) {
      const tookUs = Math.min(nowUs - askedUs, cap24);
      history.add(recordKind.readDone, 0, reader, room, 0, tookUs, page.head, nowUs);
      return null;
    }
  }
}

/** Requests and their replies on one connection that is dialled again when it breaks. */
class RequestLine implements ChannelListener {
  readonly #reading: LogReading;
  readonly #deadlineUs: number;
  readonly #open = new Map<number, (value: unknown) => void>();
  readonly #watch: NodeJS.Timeout;
  #channel: Channel | undefined;
  /** Rooms this connection has asked to be let into. */
  readonly #entered = new Set<string>();
  #isIn = false;
  #outSinceUs: number;
  #whenIn: (() => void)[] = [];
  #ackId = 0;

  constructor(reading: LogReading, deadlineUs: number) {
    this.#reading = reading;
    this.#deadlineUs = deadlineUs;
    this.#outSinceUs = reading.clock.nowUs();
    this.#channel = reading.dial(this);
    this.#watch = setInterval(() => {
      this.#channel?.check(reading.clock.nowUs());
      if (this.#isOver) this.#dropAll();
      else if (this.#channel === undefined) this.#channel = reading.dial(this);
    }, retryMs);
  }

  /** One page; `undefined` when the deadline passes first. Tries again while unavailable. */
  async history(room: string, after: number): Promise<HistoryPage | undefined> {
    const asked = historyPage(room, after);
    let joined = false;
    while (!this.#isOver) {
      this.#enter(room);
      const value = await this.#request(event.history, asked);
      if (value === undefined) continue;
      const page = readHistoryPage(value);
      if (page.refused === 'FORBIDDEN' && !joined) {
        // It did not get in, or the server has this line in fewer rooms than it asks for.
        const { code, retryAfterMs } = readReply(await this.#request(event.join, joining(room)));
        if (isForLater(code)) await pause(Math.min(1000, retryAfterMs ?? retryMs));
        else joined = true;
      } else if (isForLater(page.refused)) {
        await pause(Math.min(1000, page.retryAfterMs ?? retryMs));
      } else {
        return page;
      }
    }
    return undefined;
  }

  /** It has been read: a server keeps a connection in so many rooms only. */
  leave(room: string): void {
    if (!this.#entered.delete(room) || !this.#isIn) return;
    void this.#request(event.leave, joining(room));
  }

  close(): void {
    clearInterval(this.#watch);
    this.#channel?.close();
    this.#dropAll();
  }

  connected(): void {
    this.#isIn = true;
    for (const go of this.#whenIn.splice(0)) go();
  }

  refused(): void {
    this.#channel = undefined;
  }

  closed(): void {
    this.#isIn = false;
    this.#entered.clear();
    this.#outSinceUs = this.#reading.clock.nowUs();
    this.#channel = undefined;
    for (const [id, answer] of this.#open) {
      this.#open.delete(id);
      answer(undefined);
    }
  }

  message(): void {
    // What is sent to the rooms it reads is in their log.
  }

  event(): void {
    // As above.
  }

  ackSeq(ackId: number, seq: number): void {
    this.ack(ackId, { ok: true, seq });
  }

  ack(ackId: number, reply: unknown): void {
    this.#open.get(ackId)?.(reply);
    this.#open.delete(ackId);
  }

  get #isOver(): boolean {
    const nowUs = this.#reading.clock.nowUs();
    return nowUs > this.#deadlineUs || (!this.#isIn && nowUs > this.#outSinceUs + noEntryMs * 1000);
  }

  /**
   * A server may let only members read, and counts each refusal. Its answer is not waited for: a
   * connection's requests are served in order, and one that never answers may let anyone read.
   */
  #enter(room: string): void {
    if (this.#entered.has(room)) return;
    this.#entered.add(room);
    void this.#request(event.join, joining(room));
  }

  async #request(name: string, payload: string): Promise<unknown> {
    if (!this.#isIn) {
      await new Promise<void>((resolve) => {
        this.#whenIn.push(resolve);
      });
    }
    if (!this.#isIn) return undefined;
    this.#ackId += 1;
    const id = this.#ackId;
    return await new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#channel?.emit(name, payload, id);
    });
  }

  #dropAll(): void {
    for (const go of this.#whenIn.splice(0)) go();
    for (const [id, answer] of this.#open) {
      this.#open.delete(id);
      answer(undefined);
    }
  }
}

function joining(room: string): string {
  return `{"room":"${room}"}`;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
