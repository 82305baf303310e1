import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { recordBytes } from '../samples/history.ts';
import { historyBytes } from './history-bytes.ts';

function fileOf(bytes: Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-bytes-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'worker-0.bin');
  writeFileSync(file, bytes);
  return file;
}

test.each([0, 10, recordBytes * 65_536, recordBytes * 150_000 + 7])(
  'a file of %i bytes comes whole, in pieces of whole records, each time it is gone through',
  (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >>> 8)) & 0xff);
    const content = historyBytes(fileOf(bytes));
    for (let time = 0; time < 2; time++) {
      const pieces = Array.from(content, (piece) => Buffer.from(piece));
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      for (const piece of pieces.slice(0, -1)) expect(piece.length % recordBytes).toBe(0);
    }
  },
);

test('a file that is not there throws as node:fs does', () => {
  expect(() => [...historyBytes('/no/such/file')]).toThrow('ENOENT');
});
