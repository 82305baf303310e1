/** Appends records to a history file in large chunks, in order, without holding up the event loop. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { write } from 'node:fs';

import { recordBytes, writeRecord } from '../../samples/history.ts';

/** A multiple of the record size, above 64 KiB. */
const chunkBytes = recordBytes * 4096;

export class HistoryWriter {
  readonly #file: number;
  readonly #onError: (text: string) => void;
  #chunk = Buffer.allocUnsafe(chunkBytes);
  #used = 0;
  #waiting: Buffer[] = [];
  #writing: Buffer | undefined;
  #failed = false;
  #idle: (() => void) | undefined;

  /** Creates the file. `onError` hears of the first failed write; later records are dropped. */
  constructor(filePath: string, onError: (text: string) => void) {
    this.#file = openSync(filePath, 'w');
    this.#onError = onError;
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
    if (this.#failed) return;
    const at = this.#used;
    writeRecord(this.#chunk, at, kind, code, user, room, peer, n, value, Math.max(0, atUs));
    this.#used += recordBytes;
    if (this.#used === chunkBytes) this.handOver();
  }

  /** What is in memory goes to the kernel, without waiting: a process that is killed keeps it. */
  handOver(): void {
    if (this.#used === 0) return;
    this.#waiting.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafe(chunkBytes);
    this.#used = 0;
    if (this.#writing === undefined) this.#next();
  }

  /** Resolves when every record added so far is with the kernel, or the writing has failed. */
  async flush(): Promise<void> {
    this.handOver();
    if (this.#writing === undefined) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  /** For the last moment of a process: writes what is left, blocking, and closes the file. */
  closeNow(): void {
    try {
      // A write still with the kernel's thread pool is complete or not at all; it is not repeated.
      for (const chunk of this.#waiting) this.#writeAll(chunk);
      if (!this.#failed) this.#writeAll(this.#chunk.subarray(0, this.#used));
      closeSync(this.#file);
    } catch {
      // The process ends; what could be written is.
    }
    this.#failed = true;
  }

  #next(): void {
    const chunk = this.#waiting.shift();
    this.#writing = chunk;
    if (chunk === undefined) {
      this.#idle?.();
      this.#idle = undefined;
      return;
    }
    write(this.#file, chunk, 0, chunk.length, null, (error, written) => {
      if (error !== null) {
        this.#fail(error);
      } else if (written < chunk.length) {
        this.#waiting.unshift(chunk.subarray(written));
      }
      this.#next();
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#waiting = [];
    if (this.#failed) return;
    this.#failed = true;
    this.#onError(`the history could not be written: ${error.message}`);
  }

  #writeAll(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) at += writeSync(this.#file, chunk, at);
  }
}
