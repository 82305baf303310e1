/** The auditor's own reading of history files: bytes → records, as often as it asks. */

/**
 * The bytes of one file, at once or in pieces, which hold whole records but for the last. They are gone
 * through several times, so that no more than a part of a history need be in memory.
 */
export type HistoryBytes = Uint8Array | Iterable<Uint8Array>;

export const bytesPerRecord = 24;

/** Layout and meaning by kind: history.ts. */
export type RawRecord = {
  readonly kind: number;
  readonly code: number;
  readonly user: number;
  readonly room: number;
  readonly peer: number;
  readonly n: number;
  readonly value: number;
  readonly atUs: number;
};

/** Visits the records of a file; with `wants`, those it takes by kind and room. Returns its length. */
export function eachRecord(
  file: HistoryBytes,
  visit: (record: RawRecord) => void,
  wants: (kind: number, room: number) => boolean = () => true,
): number {
  let length = 0;
  for (const piece of file instanceof Uint8Array ? [file] : file) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at + bytesPerRecord <= view.byteLength; at += bytesPerRecord) {
      if (wants(view.getUint8(at), u24(view, at + 5))) visit(decode(view, at));
    }
    length += piece.byteLength;
  }
  return length;
}

function decode(view: DataView, at: number): RawRecord {
  return {
    kind: view.getUint8(at),
    code: view.getUint8(at + 1),
    user: u24(view, at + 2),
    room: u24(view, at + 5),
    peer: u24(view, at + 8),
    n: u24(view, at + 11),
    value: view.getUint32(at + 14, true),
    atUs: view.getUint32(at + 18, true) + view.getUint16(at + 22, true) * 0x100000000,
  };
}

function u24(view: DataView, at: number): number {
  return view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
}
