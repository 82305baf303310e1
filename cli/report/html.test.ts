import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { Detail } from '../samples/detail.ts';
import { renderHtml } from './html.ts';
import type { Report } from './report.ts';
import { sampleDetail } from './testing/sample-detail.ts';
import { failedReport, sampleReport } from './testing/sample-report.ts';

const require = createRequire(import.meta.url);
const assets = {
  uplotJs: readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
  uplotCss: readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
  nonce: 'n0nce',
};
/** Ends elements, attributes, scripts, comments and JSON strings. */
const evil = `</script></pre><!--"'><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>&\u2028`;

describe('the HTML report as text', () => {
  test('a run of two hours on 24 services stays below 400 KB', () => {
    const html = renderHtml(failedReport(), sampleDetail(7200, 24), assets);
    expect(Buffer.byteLength(html)).toBeLessThan(400_000);
  });

  test('nothing is green in a run without a verdict', () => {
    const green = /class="(?:card figure|pill) (?:good|pass)"/;
    expect(renderHtml(sampleReport(), sampleDetail(), assets)).toMatch(green);
    const thresholds = sampleReport().thresholds.map((row) => ({
      ...row,
      verdict: 'no-data' as const,
    }));
    const unproved = sampleReport({ verdict: 'no-data', exitCode: 122, thresholds });
    expect(renderHtml(unproved, sampleDetail(), assets)).not.toMatch(green);
  });

  test('it names no address outside itself', () => {
    const html = renderHtml(failedReport(), sampleDetail(), assets);
    expect(html.match(/(?:src|href|action)=["'](?!data:,)[^"']*/g)).toBeNull();
    expect(html).not.toMatch(/@import|url\(/);
  });
});

describe('the HTML report in Chromium, offline', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findChromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
  });

  test.each([
    ['a pass', sampleReport(), 'PASS'],
    ['a fail', failedReport(), 'FAIL'],
  ])(
    '%s: the verdict, a drawn canvas a chart, no error and no request',
    async (_, report, word) => {
      const { page, problems, requests } = await opened(report, sampleDetail());
      expect(await page.locator('.verdict h1').textContent()).toBe(word);
      expect(await page.locator('.verdict h1').isVisible()).toBe(true);
      const drawn = await page.evaluate<boolean[]>(chartsDrawn);
      expect(drawn).toHaveLength(9);
      expect(drawn.every(Boolean)).toBe(true);
      expect(problems).toEqual([]);
      expect(requests).toEqual([page.url().replace(/#.*/, '')]);
    },
  );

  test('the button changes the theme and draws the charts anew', async () => {
    const { page, problems } = await opened(sampleReport(), sampleDetail(), '#light');
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.locator('#theme').click();
    expect(await background()).not.toBe(light);
    expect(await page.locator('.chart canvas').count()).toBe(9);
    expect(problems).toEqual([]);
  });

  test('on a phone nothing is wider than the screen', async () => {
    const { page } = await opened(failedReport(), sampleDetail(), '', { width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });

  test('a run without a second-by-second record is shown without charts', async () => {
    const { page, problems } = await opened(sampleReport(), { points: [], services: [] });
    expect(await page.locator('.chart').count()).toBe(0);
    expect(await page.getByText('No second-by-second record').isVisible()).toBe(true);
    expect(problems).toEqual([]);
  });

  test('a line is not drawn across a hole, and a reading between two holes is a point', async () => {
    const detail = sampleDetail(50, 1);
    const isRead = ({ atMs }: { readonly atMs: number }): boolean =>
      atMs < 20_500 || atMs > 39_500 || (atMs > 29_500 && atMs < 30_500);
    const services = detail.services.filter(isRead);
    const { page, problems } = await opened(sampleReport(), { points: [], services });
    const inked = await page.evaluate<boolean[]>(`(${inkAt})('memory', [10, 25, 30, 35, 45])`);
    expect(inked).toEqual([true, false, true, false, true]);
    expect(problems).toEqual([]);
  });

  test('names full of markup and script stay text', async () => {
    const { page, problems, requests } = await opened(poisoned(), poisonedDetail());
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(3);
    expect(await page.locator('.chart canvas').count()).toBe(9);
    expect(await page.locator('td code').first().textContent()).toBe(evil);
    expect(problems).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  test('the policy stops a script and a request that got in all the same', async () => {
    const html = renderHtml(sampleReport(), sampleDetail(5), assets).replace(
      '</main>',
      '<script>document.title="owned"</script><img src="http://127.0.0.1:9/x" onerror="document.title=\'owned\'"></main>',
    );
    const { page, problems } = await openedHtml(html);
    expect(await page.title()).not.toBe('owned');
    expect(
      problems.filter((text) => text.includes('Content Security Policy')).length,
    ).toBeGreaterThanOrEqual(2);
  });

  function opened(
    report: Report,
    detail: Detail,
    hash = '',
    viewport = { width: 1280, height: 900 },
  ) {
    return openedHtml(renderHtml(report, detail, assets), hash, viewport);
  }

  async function openedHtml(html: string, hash = '', viewport = { width: 1280, height: 900 }) {
    const dir = mkdtempSync(join(tmpdir(), 'rtops-html-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, 'report.html');
    writeFileSync(file, html);
    const context = await browser.newContext({ offline: true, viewport });
    onTestFinished(() => context.close());
    const page: Page = await context.newPage();
    const problems: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(pathToFileURL(file).href + hash, { waitUntil: 'load' });
    return { page, problems, requests };
  }
});

/** Runs in the page: of each chart, whether something is painted on its canvas. */
const chartsDrawn = `[...document.querySelectorAll('.chart')].map((chart) => {
  const canvas = chart.querySelector('canvas');
  if (canvas === null) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value !== 0);
})`;

/** Runs in the page: whether a chart has colour at seconds of the run. */
const inkAt = `(id, seconds) => {
  const canvas = document.querySelector('#plot-' + id + ' canvas');
  const { durationSec } = JSON.parse(document.getElementById('data').textContent);
  const over = document.querySelector('#plot-' + id + ' .u-over').getBoundingClientRect();
  const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, over.height * devicePixelRatio);
  const isInk = (at) => {
    const [red, green, blue, alpha] = data.slice(at * 4, at * 4 + 4);
    return alpha > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60;
  };
  return seconds.map((sec) => {
    const x = Math.round((over.left - canvas.getBoundingClientRect().left + (sec / durationSec) * over.width) * devicePixelRatio);
    for (let at = x; at < data.length / 4; at += width) if (isInk(at - 1) || isInk(at) || isInk(at + 1)) return true;
    return false;
  });
}`;

function poisoned(): Report {
  const report = failedReport();
  const [service] = report.services;
  return {
    ...report,
    run: { ...report.run, id: evil, startedAt: evil, versions: { [evil]: evil } },
    scenario: { ...report.scenario, name: evil, description: evil },
    notes: [evil],
    thresholds: report.thresholds.map((row) => ({ ...row, text: evil, why: evil })),
    bottleneck: { kind: 'server', evidence: evil },
    ops: { [evil]: report.ops['connect']! },
    services: [{ ...service!, name: evil, kind: evil }],
    faults: report.faults.map((fault) => ({ ...fault, node: evil })),
    ledger: {
      ...report.ledger,
      exceptions: report.ledger.exceptions.map((one) => ({
        ...one,
        id: evil,
        room: evil,
        sender: evil,
        recipient: evil,
        fault: evil,
      })),
    },
  };
}

function poisonedDetail(): Detail {
  const { points, services } = sampleDetail();
  return { points, services: services.map((one) => ({ ...one, name: `${one.name}${evil}` })) };
}

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of [...folders, '/usr/bin', '/snap/bin']) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not here; the next place.
      }
    }
  }
  throw new Error('no chromium on PATH; `rtops setup` gets it');
}
