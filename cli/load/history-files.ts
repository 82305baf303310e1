/** Reads the history files of a run folder, derives the ledger from them, and seals them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { createHistoryReader } from '../samples/history-reader.ts';
import type { HistoryRecord } from '../samples/history.ts';
import { createLedger, historyEndUs } from '../samples/ledger.ts';
import type { LossFacts } from '../samples/ledger.ts';
import type { LedgerSummary } from '../samples/summary.ts';

export type HistoryOptions = {
  readonly runId: string;
  readonly durationMs: number;
  /** The run was cut short. */
  readonly partial: boolean;
  /** See `LedgerOptions.onLoss`. */
  readonly onLoss?: (loss: LossFacts) => void;
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

/**
 * What the files were when the ledger was derived from them. A changed time of one delivery may move
 * no figure of a report; it does change the hash.
 */
export type HistorySeal = Readonly<
  Record<string, { readonly bytes: number; readonly sha256: string }>
>;

/** The seal of a folder; `undefined` where none was written or it cannot be read as one. */
export async function readSeal(dir: string): Promise<HistorySeal | undefined> {
  const text = await readFile(join(dir, sealName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return parseSeal(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * The ledger of the files in `dir`, read twice, chunk by chunk. A record cut off at the end of a file
 * (its writer was killed) is left out. Leaves a seal beside the files. Throws as `node:fs` does when a
 * file cannot be read.
 */
export async function ledgerFromFiles(
  dir: string,
  options: HistoryOptions,
): Promise<LedgerSummary> {
  const files = await historyFiles(dir);
  const ledger = createLedger(options);
  const ends: number[] = [];
  const seal: Record<string, { bytes: number; sha256: string }> = {};
  for (const file of files) {
    const hash = createHash('sha256');
    let bytes = 0;
    const lastAtUs = await readRecords(file, ledger.note, (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    if (lastAtUs !== undefined) ends.push(lastAtUs);
    seal[basename(file)] = { bytes, sha256: hash.digest('hex') };
  }
  for (const file of files) await readRecords(file, ledger.account);
  // On a full disk the run's figures matter more than their seal.
  await writeFile(join(dir, sealName), `${JSON.stringify(seal, null, 2)}\n`).catch(() => undefined);
  return ledger.close(historyEndUs(ends, options));
}

/** Visits every record of the files in `dir`, file by file. Throws as `node:fs` does. */
export async function visitHistory(
  dir: string,
  visit: (record: HistoryRecord) => void,
): Promise<void> {
  for (const file of await historyFiles(dir)) await readRecords(file, visit, () => undefined);
}

const sealName = 'seal.json';

/** Visits every record of a file; returns `at` of the last one, if there is any. */
async function readRecords(
  file: string,
  visit: (record: HistoryRecord) => void,
  onChunk: (chunk: Buffer) => void = () => undefined,
): Promise<number | undefined> {
  const reader = createHistoryReader();
  const stream: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: chunkBytes });
  for await (const chunk of stream) {
    onChunk(chunk);
    reader.read(chunk, visit);
  }
  return reader.records > 0 ? reader.lastAtUs : undefined;
}

function parseSeal(value: unknown): HistorySeal | undefined {
  const isSeal =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (one: unknown) =>
        typeof one === 'object' &&
        one !== null &&
        'bytes' in one &&
        typeof one.bytes === 'number' &&
        'sha256' in one &&
        typeof one.sha256 === 'string',
    );
  return isSeal ? (value as HistorySeal) : undefined;
}
