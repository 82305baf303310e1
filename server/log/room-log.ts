/**
 * The port behind the message path `log`: one ordered log per room, stored before it is told.
 * Two adapters, in memory and in Redis, are held to one contract test.
 */

/** A message as the log keeps it: `json` is a whole `ChatMessage`, ready for the wire. */
export type LogEntry = { readonly seq: number; readonly json: string };

export type NewMessage = {
  readonly room: string;
  readonly sender: string;
  readonly id: string;
  readonly body: string;
  /** Stored once under this in place of `id`. For a server that lies: an honest one never sets it. */
  readonly storedAs?: string;
};

/** `at` is wall clock, ms since 1970. `duplicate`: it was stored before; nothing was added. */
export type Appended = { readonly seq: number; readonly at: number; readonly duplicate: boolean };

export type LogPage = {
  readonly epoch: string;
  readonly head: number;
  /** In order of seq, without holes unless messages between were trimmed. */
  readonly entries: readonly LogEntry[];
};

export type Heads = { readonly epoch: string; readonly heads: readonly number[] };

/** What a log tells the node it serves. Called one at a time, never inside a call to the log. */
export type LogListener = {
  /** A message of a followed room. May come late, twice or not at all: the seq tells. */
  message(room: string, seq: number, json: string): void;
  removed(room: string, seq: number): void;
  /** Messages may have been missed: compare every head. */
  interrupted(): void;
};

/** Nothing was promised: the message may or may not be stored. */
export class LogUnavailable extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'LogUnavailable';
  }
}

/** Every method that reads or writes rejects with {@link LogUnavailable} within 2 s, or answers. */
export type RoomLog = {
  /** Stores once per room + sender + id, then tells the followers; resolves after the store. */
  append(message: NewMessage): Promise<Appended>;
  /** Where a message of this sender was stored, if it was. */
  find(message: Omit<NewMessage, 'body'>): Promise<Appended | undefined>;
  /** The newest seq of each room (0 = empty) and the epoch they count in. */
  heads(rooms: readonly string[]): Promise<Heads>;
  /** At most `limit` entries with a seq above `after`, the oldest first. */
  read(room: string, after: number, limit: number): Promise<LogPage>;
  /** Empties the body for good, the seq stays. False: no such message. */
  remove(room: string, seq: number): Promise<boolean>;
  /** Ends the epoch `old` (the log was seen to lose entries); returns the one that now holds. */
  renewEpoch(old: string): Promise<string>;
  /** After it resolves no append to the room goes untold, unless `interrupted` says so. */
  follow(room: string): Promise<void>;
  unfollow(room: string): void;
  listen(listener: LogListener): void;
  /** Rooms somebody joined, the latest first. */
  rooms(limit: number): Promise<readonly string[]>;
  /** Whether the store answers now. */
  up(): boolean;
  close(): Promise<void>;
};

/**
 * The wire text of a message around its seq. Key order is `ChatMessage`'s; the seq comes early so
 * that a reader finds it without parsing. Rooms need no escaping (see `parse.ts`).
 */
export function messageJson(message: NewMessage, at: number): { before: string; after: string } {
  return {
    before: `{"room":"${message.room}","seq":`,
    after: `,"id":${JSON.stringify(message.id)},"sender":${JSON.stringify(message.sender)},"body":${JSON.stringify(message.body)},"at":${at}}`,
  };
}

/** The same message with its body gone. */
export function withoutBody(json: string): string {
  return JSON.stringify({ ...(JSON.parse(json) as object), body: '' });
}

/** The key under which a sender's message is stored once. No two senders' keys can meet. */
export function dedupeKey(sender: string, id: string): string {
  return `${sender.length}:${sender}:${id}`;
}
