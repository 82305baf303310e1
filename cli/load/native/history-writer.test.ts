import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { readRecord, recordBytes, recordKind } from '../../samples/history.ts';
import { HistoryWriter } from './history-writer.ts';

test('many chunks arrive whole and in order', async () => {
  const file = tempFile();
  const writer = new HistoryWriter(file, failed);
  for (let n = 0; n < 20_000; n += 1) writer.add(recordKind.sent, 0, 1, 2, 0, n, n * 2, n * 3);
  await writer.flush();
  const bytes = readFileSync(file);
  expect(bytes.length).toBe(20_000 * recordBytes);
  for (let n = 0; n < 20_000; n += 1) {
    const record = readRecord(bytes, n * recordBytes);
    expect([record.n, record.value, record.atUs]).toEqual([n, n * 2, n * 3]);
  }
});

test('closing at once keeps what was not handed over yet', () => {
  const file = tempFile();
  const writer = new HistoryWriter(file, failed);
  writer.add(recordKind.left, 0, 7, 1, 0, 0, 0, 5);
  writer.closeNow();
  const bytes = readFileSync(file);
  expect(bytes.length).toBe(recordBytes);
  expect(readRecord(bytes, 0)).toMatchObject({ kind: recordKind.left, user: 7, atUs: 5 });
});

test('closing while a chunk is on its way keeps it, and what waits behind it', () => {
  const file = tempFile();
  const writer = new HistoryWriter(file, failed);
  for (let n = 0; n < 9000; n += 1) writer.add(recordKind.sent, 0, 1, 2, 0, n, 0, n);
  writer.closeNow();
  expect(numbersIn(file)).toEqual(Array.from({ length: 9000 }, (_, n) => n));
});

test('a full disk is reported once, and neither throws nor hangs once it is given up', async () => {
  const errors: string[] = [];
  const writer = new HistoryWriter('/dev/full', (text) => {
    errors.push(text);
    writer.giveUp();
  });
  for (let n = 0; n < 20_000; n += 1) writer.add(recordKind.sent, 0, 1, 2, 0, n, 0, n);
  await writer.flush();
  writer.add(recordKind.sent, 0, 1, 2, 0, 0, 0, 0);
  writer.closeNow();
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain('ENOSPC');
});

test('what a full disk does not take goes on in another file, whole', async () => {
  const errors: string[] = [];
  const elsewhere = tempFile();
  const writer = new HistoryWriter('/dev/full', (text) => {
    errors.push(text);
    writer.moveTo(elsewhere);
  });
  for (let n = 0; n < 20_000; n += 1) writer.add(recordKind.sent, 0, 1, 2, 0, n, 0, n);
  await writer.flush();
  expect(errors).toHaveLength(1);
  expect(numbersIn(elsewhere)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
});

test('a file that is removed goes on in another, with all that was in it', async () => {
  const [file, elsewhere] = [tempFile(), tempFile()];
  const errors: string[] = [];
  const writer = new HistoryWriter(file, (text) => {
    errors.push(text);
    writer.moveTo(elsewhere);
  });
  const addTo = (until: number, from: number): void => {
    for (let n = from; n < until; n += 1) writer.add(recordKind.sent, 0, 1, 2, 0, n, 0, n);
  };
  addTo(9000, 0);
  await writer.flush();
  rmSync(file);
  addTo(9010, 9000);
  await writer.flush();
  expect(errors).toEqual(['the history file was removed']);
  expect(numbersIn(elsewhere)).toEqual(Array.from({ length: 9010 }, (_, n) => n));
});

test('trouble in the other file is heard too', async () => {
  const errors: string[] = [];
  const writer = new HistoryWriter('/dev/full', (text) => {
    errors.push(text);
    if (errors.length === 1) writer.moveTo('/nowhere/worker-0.bin');
    else writer.giveUp();
  });
  writer.add(recordKind.sent, 0, 1, 2, 0, 0, 0, 0);
  await writer.flush();
  expect(errors).toHaveLength(2);
  expect(errors[1]).toContain('ENOENT');
});

function numbersIn(file: string): number[] {
  const bytes = readFileSync(file);
  const records = Array.from({ length: bytes.length / recordBytes }, (_, i) => i);
  return records.map((i) => readRecord(bytes, i * recordBytes).n);
}

function tempFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtops-history-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return path.join(folder, 'worker-0.bin');
}

function failed(text: string): void {
  throw new Error(text);
}
