import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { parseReport } from '../report/parse-report.ts';
import { sampleDetail } from '../report/testing/sample-detail.ts';
import { failedReport, sampleReport } from '../report/testing/sample-report.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { report } from './report.ts';
import { findRunFolder, readDetail, readReport, writeReportFiles } from './run-folder.ts';

describe('writeReportFiles', () => {
  test('leaves the three files, whole, and nothing else', async () => {
    const dir = folder();
    const files = await writeReportFiles(dir, sampleReport(), sampleDetail(5));
    expect(readdirSync(dir).toSorted()).toEqual(['detail.json', 'report.html', 'report.json']);
    expect(parseReport(JSON.parse(readFileSync(files.json, 'utf8')))).toEqual(sampleReport());
    expect(readFileSync(files.html, 'utf8')).toContain('</html>');
    expect(await readReport(dir)).toEqual(sampleReport());
    expect(await readDetail(dir)).toEqual(sampleDetail(5));
  });

  test('a full disk is said with the folder, and leaves no half file', async () => {
    const dir = folder();
    // Every write to /dev/full ends in ENOSPC, as on a full disk.
    symlinkSync('/dev/full', join(dir, 'report.json.tmp'));
    const failure = await failureOf(writeReportFiles(dir, sampleReport(), sampleDetail(5)));
    expect(failure.code).toBe(120);
    expect(failure.message).toContain(`the disk of ${dir} is full`);
    expect(failure.why).toContain('ENOSPC');
    expect(readdirSync(dir)).toEqual([]);
  });

  test('a disk that fills up at the HTML leaves report.json', async () => {
    const dir = folder();
    symlinkSync('/dev/full', join(dir, 'report.html.tmp'));
    await failureOf(writeReportFiles(dir, sampleReport(), sampleDetail(5)));
    expect(readdirSync(dir).toSorted()).toEqual(['detail.json', 'report.json']);
  });

  test('a folder that is not there is another failure than a full disk', async () => {
    const dir = join(folder(), 'gone');
    const failure = await failureOf(writeReportFiles(dir, sampleReport(), sampleDetail(5)));
    expect(failure.message).toContain('cannot write');
  });
});

describe('findRunFolder', () => {
  test('takes the newest run, passing over one without a report', async () => {
    const { world, addRun } = workplace();
    addRun('20261121-100000-aaaa');
    const newest = addRun('20261121-110000-bbbb');
    mkdirSync(join(world.cwd, '.rtops/runs/20261121-120000-cccc'));
    expect(await findRunFolder(world, undefined)).toBe(newest);
  });

  test('takes an id or a path', async () => {
    const { world, addRun } = workplace();
    const dir = addRun('20261121-100000-aaaa');
    addRun('20261121-110000-bbbb');
    expect(await findRunFolder(world, '20261121-100000-aaaa')).toBe(dir);
    expect(await findRunFolder(world, '.rtops/runs/20261121-100000-aaaa')).toBe(dir);
    expect(await findRunFolder(world, dir)).toBe(dir);
  });

  test('one that is not there fails with the newest runs', async () => {
    const { world, addRun } = workplace();
    for (let index = 0; index < 8; index += 1) addRun(`20261121-10000${index}-aaaa`);
    const failure = await failureOf(findRunFolder(world, 'nope'));
    expect(failure.code).toBe(104);
    expect(failure.evidence).toHaveLength(6);
    expect(failure.evidence[1]).toBe('20261121-100007-aaaa');
    expect(failure.next).toBe('rtops report 20261121-100007-aaaa');
  });

  test('without any run the next command is a bench', async () => {
    const failure = await failureOf(findRunFolder(workplace().world, undefined));
    expect(failure).toMatchObject({ code: 104, next: 'rtops bench' });
  });
});

describe('rtops report', () => {
  test.each([
    ['text', 'FAIL  chat.ack p95'],
    ['html', '<!doctype html>'],
    ['md', '## ❌ FAIL'],
    ['junit', '<?xml version="1.0"'],
    ['json', '"schemaVersion": 1'],
  ] as const)('prints %s on stdout and succeeds though the run failed', async (format, start) => {
    const { world, addRun, out } = workplace();
    await writeReportFiles(addRun('20261121-100000-aaaa'), failedReport(), sampleDetail(5));
    expect(await report(world, { format, open: false })).toBe(0);
    expect(out()).toContain(start);
  });

  test('works without detail.json', async () => {
    const { world, addRun, out } = workplace();
    addRun('20261121-100000-aaaa');
    expect(await report(world, { format: 'html', open: false })).toBe(0);
    expect(out()).toContain('No second-by-second record');
  });

  test('--open without a desktop writes the file and prints its path', async () => {
    const { world, addRun, out } = workplace();
    const dir = addRun('20261121-100000-aaaa');
    expect(await report(world, { format: 'text', open: true })).toBe(0);
    expect(out()).toBe(`${join(dir, 'report.html')}\n`);
    expect(readdirSync(dir)).toContain('report.html');
  });

  test('--open beside a format that no browser shows is refused, not dropped', async () => {
    const { world, addRun } = workplace();
    addRun('20261121-100000-aaaa');
    const failure = await failureOf(report(world, { format: 'md', open: true }));
    expect(failure).toMatchObject({ code: 2 });
  });

  test.each([
    ['cut short', '{"schemaVersion": 1, "run": {', 'is not JSON'],
    ['of another tool', '{"metrics": {}}', 'is not a report that this rtops reads'],
  ])('a report.json %s is a bad file', async (_, text, message) => {
    const { world, addRun } = workplace();
    writeFileSync(join(addRun('20261121-100000-aaaa'), 'report.json'), text);
    const failure = await failureOf(report(world, { format: 'text', open: false }));
    expect(failure.code).toBe(104);
    expect(failure.message).toContain(message);
  });
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-report-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A working folder without a desktop; runs are added with a report.json alone. */
function workplace() {
  const world = testWorld({ env: {} });
  const addRun = (id: string): string => {
    const dir = join(world.cwd, '.rtops/runs', id);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'report.json'), JSON.stringify(sampleReport()));
    return dir;
  };
  return { world, addRun, out: () => world.printed.stdout };
}
