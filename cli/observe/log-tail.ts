/** Reads a log that is being written, line by line, from its start on, through rotation and trimming. */
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** What is told of a file. */
export type LogListener = {
  /** A line without its end. */
  line(text: string): void;
  /** A line longer than any that is written, or one whose end was cut off. */
  cut(): void;
};

const chunkBytes = 256 * 1024;
const longestLineBytes = 64 * 1024;
const newline = 0x0a;

export class LogTail {
  readonly #file: string;
  readonly #listener: LogListener;
  #handle: FileHandle | undefined;
  #inode = 0;
  #offset = 0;
  /** The bytes of a line whose end was not written yet. */
  #rest: Buffer = Buffer.alloc(0);
  /** The line being read is too long: the rest of it is skipped. */
  #skipping = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(file: string, listener: LogListener) {
    this.#file = file;
    this.#listener = listener;
  }

  /** Resolves when all that is in the file now was told. A file that is not there has nothing. */
  async read(): Promise<void> {
    const turn = this.#queue.then(() => this.#catchUp());
    this.#queue = turn.catch(() => undefined);
    await turn;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #catchUp(): Promise<void> {
    const now = await stat(this.#file).catch(() => undefined);
    if (now === undefined) return;
    if (this.#handle !== undefined && now.ino !== this.#inode) {
      // It was renamed and begun anew: what was written to the old one before that comes first.
      await this.#readFrom(this.#handle);
      this.#startOver();
      await this.#handle.close();
      this.#handle = undefined;
    }
    if (this.#handle === undefined) {
      this.#handle = await open(this.#file, 'r');
      this.#inode = (await this.#handle.stat()).ino;
    }
    if ((await this.#handle.stat()).size < this.#offset) await this.#afterTrim();
    await this.#readFrom(this.#handle);
  }

  /** `trimLog` copies to `.1` and empties: what was not read yet stands in the copy. */
  async #afterTrim(): Promise<void> {
    const copy = await open(`${this.#file}.1`, 'r').catch(() => undefined);
    try {
      if (copy !== undefined && (await copy.stat()).size >= this.#offset) {
        await this.#readFrom(copy);
      }
    } finally {
      await copy?.close();
    }
    this.#startOver();
  }

  #startOver(): void {
    if (this.#rest.length > 0) this.#listener.cut();
    this.#rest = Buffer.alloc(0);
    this.#skipping = false;
    this.#offset = 0;
  }

  async #readFrom(handle: FileHandle): Promise<void> {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      this.#take(chunk.subarray(0, bytesRead));
    }
  }

  #take(bytes: Buffer): void {
    const end = bytes.lastIndexOf(newline);
    if (end === -1) {
      this.#keep(bytes);
      return;
    }
    const text = Buffer.concat([this.#rest, bytes.subarray(0, end)]).toString('utf8');
    this.#rest = Buffer.alloc(0);
    const lines = text.split('\n');
    if (this.#skipping) lines.shift();
    this.#skipping = false;
    for (const line of lines) this.#listener.line(line);
    this.#keep(bytes.subarray(end + 1));
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping) return;
    // A copy: the chunk is read into again.
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.#rest.length <= longestLineBytes) return;
    this.#rest = Buffer.alloc(0);
    this.#skipping = true;
    this.#listener.cut();
  }
}
