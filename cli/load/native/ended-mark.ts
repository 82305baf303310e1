/**
 * The mark of a load worker that ended before its time: a history file of one record beside the
 * worker's own, so that whoever reads the history knows that it says nothing of its users after that.
 */
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { readRecord, recordBytes, recordKind, writeRecord } from '../../samples/history.ts';

/** Records looked at for the latest time: one of a send carries its due time, which may be long ago. */
const tailRecords = 4096;

/** Leaves the mark; throws as `node:fs` does when the folder cannot hold it. */
export function markEnded(historyDir: string, worker: number, workers: number): void {
  const mark = new Uint8Array(recordBytes);
  const atUs = lastAtUs(path.join(historyDir, `worker-${worker}.bin`));
  writeRecord(mark, 0, recordKind.workerEnded, 0, worker, 0, 0, workers, 0, atUs);
  writeFileSync(path.join(historyDir, `worker-${worker}-ended.bin`), mark);
}

/** The latest time of the last whole records; 0 when there is none. */
function lastAtUs(filePath: string): number {
  const file = openedToRead(filePath);
  if (file === undefined) return 0;
  try {
    const whole = Math.floor(fstatSync(file).size / recordBytes);
    const count = Math.min(whole, tailRecords);
    const bytes = new Uint8Array(count * recordBytes);
    readSync(file, bytes, 0, bytes.length, (whole - count) * recordBytes);
    let latest = 0;
    for (let i = 0; i < count; i += 1) {
      latest = Math.max(latest, readRecord(bytes, i * recordBytes).atUs);
    }
    return latest;
  } finally {
    closeSync(file);
  }
}

/** A worker that never got so far has no file. */
function openedToRead(filePath: string): number | undefined {
  try {
    return openSync(filePath, 'r');
  } catch {
    return undefined;
  }
}
