/** Turns the bytes of a history file into records, whatever pieces they come in. Pure. */
import { blankRecord, readInto, recordBytes } from './history.ts';
import type { HistoryRecord } from './history.ts';

/** Reads one file's bytes in order. */
export type HistoryReader = {
  /**
   * Calls `visit` for each record that is complete by now. A chunk may end inside a record; the rest
   * is taken from the next one. The record is one object, reused: copy what must outlive the call.
   */
  read(chunk: Uint8Array, visit: (record: HistoryRecord) => void): void;
  readonly records: number;
  /** Bytes of an unfinished last record: a writer that was killed leaves up to 23. */
  readonly tailBytes: number;
  /**
   * The latest `at` read, in µs since run start; 0 when there is none. The last record's may be long ago:
   * a send and a request carry their due time.
   */
  readonly lastAtUs: number;
};

/** A reader at the start of a file. */
export function createHistoryReader(): HistoryReader {
  const record = blankRecord();
  const tail = new Uint8Array(recordBytes);
  let tailBytes = 0;
  let records = 0;
  let lastAtUs = 0;

  function take(visit: (record: HistoryRecord) => void): void {
    records++;
    if (record.atUs > lastAtUs) lastAtUs = record.atUs;
    visit(record);
  }

  return {
    read(chunk, visit) {
      let offset = 0;
      if (tailBytes > 0) {
        offset = Math.min(recordBytes - tailBytes, chunk.length);
        tail.set(chunk.subarray(0, offset), tailBytes);
        tailBytes += offset;
        if (tailBytes < recordBytes) return;
        readInto(record, tail, 0);
        tailBytes = 0;
        take(visit);
      }
      for (; offset + recordBytes <= chunk.length; offset += recordBytes) {
        readInto(record, chunk, offset);
        take(visit);
      }
      tail.set(chunk.subarray(offset));
      tailBytes = chunk.length - offset;
    },
    get records() {
      return records;
    },
    get tailBytes() {
      return tailBytes;
    },
    get lastAtUs() {
      return lastAtUs;
    },
  };
}
