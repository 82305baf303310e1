/** Reads the history files of a run folder, in chunks, and derives the ledger from them. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { createHistoryReader } from '../samples/history-reader.ts';
import type { HistoryRecord } from '../samples/history.ts';
import { createLedger, historyEndUs } from '../samples/ledger.ts';
import type { LedgerSummary } from '../samples/summary.ts';

export type HistoryOptions = {
  readonly runId: string;
  readonly durationMs: number;
  /** The run was cut short. */
  readonly partial: boolean;
};

const chunkBytes = 1 << 20;

/** The history files of a folder (`*.bin`), by name. Throws as `readdir` does when it is not there. */
export async function historyFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names
    .filter((name) => name.endsWith('.bin'))
    .toSorted()
    .map((name) => join(dir, name));
}

/** The bytes of one file, in order. Each chunk is the caller's to keep. */
export async function* readHistory(file: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) {
    yield chunk as Uint8Array;
  }
}

/**
 * The ledger of the files in `dir`, read twice. A record cut off at the end of a file (its writer was
 * killed) is left out. Throws as `node:fs` does when a file cannot be read.
 */
export async function ledgerFromFiles(
  dir: string,
  options: HistoryOptions,
): Promise<LedgerSummary> {
  const files = await historyFiles(dir);
  const ledger = createLedger(options);
  const endUs = await readAll(files, ledger.note);
  await readAll(files, ledger.account);
  return ledger.close(historyEndUs(endUs, options));
}

/** Visits every record of the files; returns `at` of each file's last one. */
async function readAll(
  files: readonly string[],
  visit: (record: HistoryRecord) => void,
): Promise<number[]> {
  const ends: number[] = [];
  for (const file of files) {
    const reader = createHistoryReader();
    for await (const chunk of readHistory(file)) reader.read(chunk, visit);
    if (reader.records > 0) ends.push(reader.lastAtUs);
  }
  return ends;
}
