/**
 * Appends records to a history file in large chunks, in order, without holding up the event loop.
 * Where the file can hold no more (a full disk) or was removed, records wait in memory until it is
 * said where they go on; what was written so far goes along.
 */
import { closeSync, fstatSync, openSync, readSync, write, writeSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

import { recordBytes, writeRecord } from '../../samples/history.ts';

/** A multiple of the record size, above 64 KiB. */
const chunkBytes = recordBytes * 4096;

/** What is wrong with the file: a sentence. */
export type HistoryTrouble = (text: string) => void;

export class HistoryWriter {
  #file: number;
  readonly #onTrouble: HistoryTrouble;
  /** Some file systems count no links; there a removed file cannot be told. */
  readonly #countsLinks: boolean;
  #written = 0;
  #chunk = Buffer.allocUnsafe(chunkBytes);
  #used = 0;
  #waiting: Buffer[] = [];
  /** A write under way: these bytes go to `#written`. */
  #flying: Buffer | undefined;
  /** `stuck`: until it is said where to go on. `over`: what comes is dropped. */
  #state: 'open' | 'stuck' | 'over' = 'open';
  #target: string | undefined;
  #idle: (() => void)[] = [];

  /** Creates the file. `onTrouble` hears when it can be used no more; then call `moveTo` or `giveUp`. */
  constructor(filePath: string, onTrouble: HistoryTrouble) {
    this.#file = openSync(filePath, 'w+');
    this.#countsLinks = fstatSync(this.#file).nlink > 0;
    this.#onTrouble = onTrouble;
  }

  /** One record; the arguments are those of `writeRecord`. */
  add(
    kind: number,
    code: number,
    user: number,
    room: number,
    peer: number,
    n: number,
    value: number,
    atUs: number,
  ): void {
    if (this.#state === 'over') return;
    const at = this.#used;
    writeRecord(this.#chunk, at, kind, code, user, room, peer, n, value, Math.max(0, atUs));
    this.#used += recordBytes;
    if (this.#used === chunkBytes) this.#queue();
  }

  /** What is in memory goes to the kernel, without waiting: a process that is killed keeps it. */
  handOver(): void {
    this.#queue();
    this.#lookForFile();
  }

  /** Resolves when every record added so far is with the kernel, or nothing more can be written. */
  async flush(): Promise<void> {
    this.handOver();
    await this.#untilIdle();
    // Removed in the last moment, after what was written: that too must be moved.
    this.#lookForFile();
    await this.#untilIdle();
  }

  /** Goes on in a new file, which gets what was written so far. Trouble with that one is heard too. */
  moveTo(filePath: string): void {
    if (this.#state === 'over') return;
    this.#target = filePath;
    this.#state = 'stuck';
    if (this.#flying === undefined) void this.#move();
  }

  /** Nothing more is kept. */
  giveUp(): void {
    this.#state = 'over';
    this.#waiting = [];
    this.#becomeIdle();
  }

  /** For the last moment of a process: writes what is left, blocking. */
  closeNow(): void {
    if (this.#state === 'over') return;
    try {
      // A write under way may be cut off with the process: its bytes are put in their place once more.
      if (this.#flying !== undefined) this.#writeAll(this.#flying);
      for (const chunk of this.#waiting) this.#writeAll(chunk);
      this.#writeAll(this.#chunk.subarray(0, this.#used));
      // The file stays open for a write under way: its number must not become another file's.
      if (this.#flying === undefined) closeSync(this.#file);
    } catch {
      // The process ends; what could be written is.
    }
    this.#state = 'over';
  }

  #queue(): void {
    if (this.#used === 0 || this.#state === 'over') return;
    this.#waiting.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafe(chunkBytes);
    this.#used = 0;
    this.#next();
  }

  #next(): void {
    if (this.#flying !== undefined || this.#state !== 'open') return;
    const chunk = this.#waiting.shift();
    if (chunk === undefined) {
      this.#becomeIdle();
      return;
    }
    this.#flying = chunk;
    write(this.#file, chunk, 0, chunk.length, this.#written, (error, written) => {
      this.#flying = undefined;
      if (this.#state === 'over') return;
      this.#written += written;
      if (error !== null || written < chunk.length) this.#waiting.unshift(chunk.subarray(written));
      if (this.#target !== undefined) void this.#move();
      else if (error !== null) this.#trouble(`the history could not be written: ${error.message}`);
      else this.#next();
    });
  }

  #lookForFile(): void {
    if (this.#state !== 'open' || !this.#countsLinks) return;
    if (fstatSync(this.#file).nlink === 0) this.#trouble('the history file was removed');
  }

  #trouble(text: string): void {
    this.#state = 'stuck';
    this.#onTrouble(text);
  }

  async #move(): Promise<void> {
    const from = this.#file;
    try {
      const to = openSync(this.#target ?? '', 'wx+', 0o600);
      this.#file = to;
      await this.#copy(from, to);
      closeSync(from);
    } catch (error) {
      this.#target = undefined;
      this.#trouble(`the history could not be moved: ${(error as Error).message}`);
      return;
    }
    this.#target = undefined;
    this.#state = 'open';
    this.#next();
  }

  /** Byte for byte up to where the next chunk begins; a record may be in both. */
  async #copy(from: number, to: number): Promise<void> {
    const piece = Buffer.allocUnsafe(1 << 20);
    for (let at = 0; at < this.#written;) {
      const wanted = Math.min(piece.length, this.#written - at);
      const read = readSync(from, piece, 0, wanted, at);
      if (read === 0) throw new Error(`${this.#written - at} bytes of it are gone`);
      for (let done = 0; done < read;) done += writeSync(to, piece, done, read - done, at + done);
      at += read;
      await breathe();
    }
  }

  async #untilIdle(): Promise<void> {
    const isIdle =
      this.#state === 'open' && this.#flying === undefined && this.#waiting.length === 0;
    if (isIdle || this.#state === 'over') return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #writeAll(chunk: Buffer): void {
    for (let done = 0; done < chunk.length;) {
      const written = writeSync(this.#file, chunk, done, chunk.length - done, this.#written);
      done += written;
      this.#written += written;
    }
  }
}
