/** The report files of a run folder: written so that a reader never sees half of one, and found again. */
import { randomBytes } from 'node:crypto';
import { open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import { renderHtml } from '../report/html.ts';
import type { HtmlAssets } from '../report/html-document.ts';
import { parseDetail, parseReport } from '../report/parse-report.ts';
import type { Report } from '../report/report.ts';
import type { Detail } from '../samples/detail.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { World } from '../world.ts';
import { findRunUnderWay } from './run-under-way.ts';

/** Runs listed when the one asked for is not there. */
const listedRuns = 5;

/**
 * Writes report.json, detail.json and report.html into a folder that exists; each appears whole or
 * not at all, report.json first.
 * @returns absolute paths
 * @throws Failure notReady (120) when the folder cannot hold them; what was written before stays
 */
export async function writeReportFiles(
  dir: string,
  report: Report,
  detail: Detail,
): Promise<{ readonly json: string; readonly html: string }> {
  const json = join(dir, 'report.json');
  await writeWhole(json, `${JSON.stringify(report, null, 2)}\n`);
  await writeWhole(join(dir, 'detail.json'), `${JSON.stringify(detail)}\n`);
  return { json, html: await writeHtmlReport(dir, report, detail) };
}

/** Writes report.html alone. @returns its path @throws Failure notReady (120) */
export async function writeHtmlReport(
  dir: string,
  report: Report,
  detail: Detail,
): Promise<string> {
  const html = join(dir, 'report.html');
  await writeWhole(html, renderHtml(report, detail, await htmlAssets()));
  return html;
}

/** uPlot as installed beside rtops, and a fresh nonce. */
export async function htmlAssets(): Promise<HtmlAssets> {
  const require = createRequire(import.meta.url);
  const [uplotJs, uplotCss] = await Promise.all(
    ['uplot/dist/uPlot.iife.min.js', 'uplot/dist/uPlot.min.css'].map((file) =>
      readFile(require.resolve(file), 'utf8'),
    ),
  );
  return {
    uplotJs: uplotJs ?? '',
    uplotCss: uplotCss ?? '',
    nonce: randomBytes(16).toString('hex'),
  };
}

/**
 * The folder of a run: a path, an id below `.rtops/runs/`, or the newest run there.
 * @returns an absolute path of a folder that has a report.json
 * @throws Failure badFile (104), listing the newest runs
 */
export async function findRunFolder(world: World, run: string | undefined): Promise<string> {
  const { runsDir } = stateFolder(world.cwd);
  if (run !== undefined) {
    for (const dir of [resolve(world.cwd, run), join(runsDir, run)]) {
      if (await hasReport(dir)) return dir;
    }
  }
  const runs = await newestRuns(runsDir);
  const newest = runs[0];
  if (run === undefined && newest !== undefined) return join(runsDir, newest);
  const underWay = findRunUnderWay(world)?.id ?? undefined;
  if (underWay !== undefined && (run === undefined || run === underWay)) {
    throw new Failure(exitCode.badFile, `the run ${underWay} has no report yet`, {
      why: 'it is under way; its report is written when it ends',
      next: 'rtops dashboards check --from now-2m looks at what is now, where it is observed',
    });
  }
  throw new Failure(
    exitCode.badFile,
    run === undefined ? 'there is no run to report on' : `there is no report of a run in ${run}`,
    {
      why:
        run === undefined
          ? `${relative(world.cwd, runsDir)} holds no report.json.`
          : `Neither ${run} nor ${join(relative(world.cwd, runsDir), run)} holds a report.json.`,
      ...(runs.length === 0
        ? {}
        : { evidence: ['the newest runs are:', ...runs.slice(0, listedRuns)] }),
      next: newest === undefined ? 'rtops bench' : `rtops report ${newest}`,
    },
  );
}

/** report.json of a run folder. @throws Failure badFile (104) */
export async function readReport(dir: string): Promise<Report> {
  const file = join(dir, 'report.json');
  return parseReport(await readJson(file), file);
}

/** detail.json of a run folder; empty when the run left none. @throws Failure badFile (104) */
export async function readDetail(dir: string): Promise<Detail> {
  const file = join(dir, 'detail.json');
  const value = await readJson(file, { optional: true });
  return value === undefined ? { points: [], services: [] } : parseDetail(value, file);
}

async function readJson(file: string, { optional = false } = {}): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (optional && errorCode(error) === 'ENOENT') return undefined;
    throw new Failure(exitCode.badFile, `cannot read ${file}`, {
      why: messageOf(error),
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(exitCode.badFile, `${file} is not JSON`, {
      why: messageOf(error),
      next: 'The file was cut short or changed; run `rtops bench` again.',
      cause: error,
    });
  }
}

/** Run ids begin with the time, so the last by name is the newest. */
async function newestRuns(runsDir: string): Promise<readonly string[]> {
  const names = await readdir(runsDir).catch((): string[] => []);
  const found: string[] = [];
  for (const name of names.toSorted((a, b) => (a < b ? 1 : -1))) {
    if (found.length < listedRuns && (await hasReport(join(runsDir, name)))) found.push(name);
  }
  return found;
}

async function hasReport(dir: string): Promise<boolean> {
  return readdir(dir).then(
    (names) => names.includes('report.json'),
    () => false,
  );
}

/** Beside its place, onto the disk, then renamed: the name never stands for half a file. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannotWrite(file, error);
  }
}

function cannotWrite(file: string, error: unknown): Failure {
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errorCode(error));
  const dir = resolve(file, '..');
  return new Failure(
    exitCode.notReady,
    full ? `the disk of ${dir} is full: ${file} was not written` : `cannot write ${file}`,
    {
      why: messageOf(error),
      next: full
        ? 'Make room there, or name a folder on another disk with --run-dir.'
        : 'Name a folder that can be written with --run-dir.',
      cause: error,
    },
  );
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
