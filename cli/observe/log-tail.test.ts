import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { trimLog } from '../system/service-log.ts';
import { LogTail } from './log-tail.ts';

/** A tail of a file that is not there yet, and what it told. */
function tail() {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-tail-'));
  const file = join(dir, 'a.log');
  const lines: string[] = [];
  let cuts = 0;
  const log = new LogTail(file, {
    line: (text) => lines.push(text),
    cut: () => {
      cuts += 1;
    },
  });
  onTestFinished(async () => {
    await log.close();
    rmSync(dir, { recursive: true });
  });
  return { file, log, lines, cuts: () => cuts };
}

describe('the tail of a log', () => {
  test('tells each line once, from the first, as they come', async () => {
    const { file, log, lines } = tail();
    await log.read();
    writeFileSync(file, 'one\ntwo\n');
    await log.read();
    appendFileSync(file, 'three\n');
    await Promise.all([log.read(), log.read()]);
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  test('waits for the end of a line', async () => {
    const { file, log, lines } = tail();
    writeFileSync(file, 'whole\nha');
    await log.read();
    expect(lines).toEqual(['whole']);
    appendFileSync(file, 'lf ü\n');
    await log.read();
    expect(lines).toEqual(['whole', 'half ü']);
  });

  test('tells all of a log that is longer than one reading', async () => {
    const { file, log, lines } = tail();
    const written = Array.from({ length: 50_000 }, (_, i) => `line ${i} ü`);
    writeFileSync(file, `${written.join('\n')}\n`);
    await log.read();
    expect(lines).toEqual(written);
  });

  test('misses nothing when the log is trimmed before it was read', async () => {
    const { file, log, lines, cuts } = tail();
    writeFileSync(file, 'one\ntwo\n');
    await log.read();
    appendFileSync(file, 'three\n');
    trimLog(file, 1);
    appendFileSync(file, 'four\n');
    await log.read();
    expect(lines).toEqual(['one', 'two', 'three', 'four']);
    expect(cuts()).toBe(0);
  });

  test('misses nothing when the log is renamed and begun anew', async () => {
    const { file, log, lines } = tail();
    writeFileSync(file, 'one\n');
    await log.read();
    appendFileSync(file, 'two\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'three\n');
    await log.read();
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  test('says that a line was cut when the log was emptied in its middle', async () => {
    const { file, log, lines, cuts } = tail();
    writeFileSync(file, 'one\ntw');
    await log.read();
    writeFileSync(file, '3\n');
    await log.read();
    expect(lines).toEqual(['one', '3']);
    expect(cuts()).toBe(1);
  });

  test('gives up a line without end and goes on after it', async () => {
    const { file, log, lines, cuts } = tail();
    writeFileSync(file, `one\n${'x'.repeat(1_000_000)}`);
    await log.read();
    appendFileSync(file, 'x\ntwo\n');
    await log.read();
    expect(lines).toEqual(['one', 'two']);
    expect(cuts()).toBe(1);
  });
});
