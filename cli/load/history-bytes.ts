/** The bytes of a history file, for readers that go through it more than once. */
import { closeSync, openSync, readSync } from 'node:fs';

import { recordBytes } from '../samples/history.ts';

/** Whole records in each piece but the last. */
const pieceBytes = recordBytes * 65_536;

/**
 * Reads the file anew each time it is gone through, piece by piece: an hour of 10,000 users is larger
 * than what can be read at once. A piece is valid until the next one. Throws as `node:fs` does.
 */
export function historyBytes(file: string): Iterable<Uint8Array> {
  return { [Symbol.iterator]: () => piecesOf(file) };
}

function* piecesOf(file: string): Generator<Uint8Array> {
  const handle = openSync(file, 'r');
  try {
    const piece = new Uint8Array(pieceBytes);
    for (let filled = pieceBytes; filled === pieceBytes;) {
      filled = fill(piece, handle);
      if (filled > 0) yield piece.subarray(0, filled);
    }
  } finally {
    closeSync(handle);
  }
}

/** A read may bring less than what was asked for before the end of the file. */
function fill(piece: Uint8Array, handle: number): number {
  let filled = 0;
  for (let read = 1; read > 0 && filled < piece.length; filled += read) {
    read = readSync(handle, piece, filled, piece.length - filled, null);
  }
  return filled;
}
