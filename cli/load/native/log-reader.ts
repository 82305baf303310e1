/**
 * The final read: one connection reads the log of many rooms to the end, page by page, a few rooms
 * at a time, and records what is stored. What is acked must be there.
 */
import { event, historyLimit } from '../../../server/contract.ts';
import { parseMessageId, recordKind, roomName } from '../../samples/history.ts';
import type { Channel, ChannelListener } from './channel.ts';
import type { HistoryWriter } from './history-writer.ts';
import { readReply, type Reply } from './reply.ts';
import type { RunClock } from './run-clock.ts';

const roomsAtOnce = 16;
const retryMs = 250;
/** A server that has not let the reader in for this long is not waited for any longer. */
const noEntryMs = 5000;

export type LogReading = {
  readonly runId: string;
  readonly rooms: readonly number[];
  readonly history: HistoryWriter;
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
    const reply = await line.history(name, after);
    if (reply === undefined) return `room ${name} was not read in time`;
    // A room nobody ever made has an empty log.
    const absent = !reply.ok && reply.code === 'NOT_FOUND';
    if (!reply.ok && !absent) return `room ${name} was refused: ${reply.code ?? 'no reason'}`;
    const messages = reply.messages ?? [];
    const head = reply.head ?? 0;
    const nowUs = clock.nowUs();
    const firstSeq = seqOf(messages[0]);
    if (messages.length === 0 && head > after) {
      return `the server keeps no log (room ${name} has a head of ${head} and no messages)`;
    }
    if (after === 0 && firstSeq !== undefined && firstSeq > 1) {
      return `the log of room ${name} no longer reaches back to its first message`;
    }
    for (const message of messages) {
      const seq = seqOf(message);
      const id = (message as { id?: unknown }).id;
      const parts = typeof id === 'string' ? parseMessageId(id) : undefined;
      if (seq === undefined) continue;
      after = Math.max(after, seq);
      if (parts === undefined) continue;
      history.add(recordKind.stored, 0, reader, room, parts.sender, parts.n, seq, nowUs);
    }
    if (messages.length === 0 || after >= head) {
      history.add(recordKind.readDone, 0, reader, room, 0, 0, head, nowUs);
      return null;
    }
  }
}

function seqOf(message: unknown): number | undefined {
  const seq = (message as { seq?: unknown } | undefined)?.seq;
  return typeof seq === 'number' ? seq : undefined;
}

/** Requests and their replies on one connection that is dialled again when it breaks. */
class RequestLine implements ChannelListener {
  readonly #reading: LogReading;
  readonly #deadlineUs: number;
  readonly #open = new Map<number, (value: unknown) => void>();
  readonly #watch: NodeJS.Timeout;
  #channel: Channel | undefined;
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
  async history(room: string, after: number): Promise<Reply | undefined> {
    const page = `{"room":"${room}","after":${after},"limit":${historyLimit}}`;
    let joined = false;
    while (!this.#isOver) {
      const value = await this.#request(event.history, page);
      if (value === undefined) continue;
      const reply = readReply(value);
      if (reply.code === 'FORBIDDEN' && !joined) {
        // A server may let only members read.
        joined = true;
        await this.#request(event.join, `{"room":"${room}"}`);
      } else if (reply.code === 'UNAVAILABLE' || reply.code === 'RATE_LIMITED') {
        await pause(Math.min(1000, reply.retryAfterMs ?? retryMs));
      } else {
        return reply;
      }
    }
    return undefined;
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
    this.#outSinceUs = this.#reading.clock.nowUs();
    this.#channel = undefined;
    for (const [id, answer] of this.#open) {
      this.#open.delete(id);
      answer(undefined);
    }
  }

  message(): void {
    // The reader is in no room.
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

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
