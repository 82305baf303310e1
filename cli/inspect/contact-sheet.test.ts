import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { findBinary } from '../system/find-binary.ts';
import { renderSheet } from './contact-sheet.ts';
import type { DrawnPanel, Inspection } from './inspection.ts';
import { sampleInspection } from './testing/sample-inspection.ts';

const require = createRequire(import.meta.url);
const assets = {
  uplotJs: readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
  uplotCss: readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
  nonce: 'n0nce',
};
/** Ends elements, attributes, scripts, comments and JSON strings. */
const evil = `</script><!--"'><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

describe('the contact sheet in Chromium, offline', () => {
  let browser: Browser;
  beforeAll(async () => {
    const names = ['chromium', 'chromium-browser', 'google-chrome'];
    const found = await Promise.all(names.map((name) => findBinary(name, process.env['PATH'])));
    const executablePath = found.find((file) => file !== undefined);
    if (executablePath === undefined) throw new Error('no chromium; `rtops setup` gets it');
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
  });
  afterAll(() => browser.close());

  test.each(['light', 'dark'])(
    '%s: every panel with data is painted, none overlaps',
    async (theme) => {
      const { page, problems, requests } = await opened(
        renderSheet(sampleInspection(), assets),
        theme,
      );
      expect(await page.locator('.panel').count()).toBe(12);
      const painted = await page.evaluate<Record<string, boolean>>(paintedPanels);
      expect(painted).toEqual({ 'p-0-0': true, 'p-0-1': true, 'p-0-2': true, 'p-0-6': true });
      expect(await page.evaluate(overlaps)).toEqual([]);
      expect(await page.evaluate(cutTexts)).toEqual([]);
      expect(problems).toEqual([]);
      expect(requests).toHaveLength(1);
    },
  );

  test('a panel that is moved onto another is seen to overlap', async () => {
    const { page } = await opened(renderSheet(sampleInspection(), assets), 'light');
    await page.evaluate(`document.querySelector('#p-0-1').style.gridColumn = '5/span 8'`);
    expect(await page.evaluate(overlaps)).toContain('p-0-0 p-0-1');
  });

  test('a canvas that was wiped is seen to be bare', async () => {
    const { page } = await opened(renderSheet(sampleInspection(), assets), 'light');
    await page.evaluate(
      `(() => { const c = document.querySelector('#p-0-0 canvas'); c.width = c.width; })()`,
    );
    expect(await page.evaluate(paintedPanels)).toMatchObject({ 'p-0-0': false, 'p-0-1': true });
  });

  test('panels without a canvas show their figures, states, rows and causes', async () => {
    const { page } = await opened(renderSheet(sampleInspection(), assets), 'light');
    const text = (id: string) => page.locator(`#p-0-${id} .body`).innerText();
    expect(await text('3')).toMatch(/^\d\.\d+ s$/m);
    expect(await page.locator('#p-0-4 .bars li').count()).toBe(3);
    expect(await page.locator('#p-0-5 tr').count()).toBe(4);
    expect(await page.locator('#p-0-7 .lanes u').allInnerTexts()).toEqual(['up', '', 'up']);
    expect(await page.locator('#p-0-7 .keys').innerText()).toBe('up\ndown');
    expect(await text('9')).toContain('Words sample');
    expect(await text('10')).toContain('Prometheus never saw metric sample');
    expect(await text('11')).toContain('no Loki here');
    expect(await page.locator('#p-0-10.bad .mark').innerText()).toBe('✗ empty');
    expect(await page.locator('.verdict h1').innerText()).toBe('1 row wrong');
    expect(
      await page.getByText('42.0 s ahead of').or(page.getByText('42 s ahead of')).count(),
    ).toBe(1);
  });

  test('the button changes the theme and paints anew', async () => {
    const { page, problems } = await opened(renderSheet(sampleInspection(), assets), 'light');
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.locator('#theme').click();
    expect(await background()).not.toBe(light);
    expect(Object.values(await page.evaluate<Record<string, boolean>>(paintedPanels))).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    expect(problems).toEqual([]);
  });

  test('names full of markup and script stay text', async () => {
    const { page, problems } = await opened(renderSheet(sampleInspection(evil), assets), 'light');
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(3);
    expect(await page.locator('.panel').count()).toBe(12);
    expect(problems).toEqual([]);
  });

  test('nothing is hidden behind a scroll bar or cut: legends, titles, words, states', async () => {
    const { page } = await opened(renderSheet(crowded(), assets), 'light', 1440);
    expect(await page.locator('#p-0-0 .legend li').count()).toBe(24);
    expect(await page.evaluate(hiddenTexts)).toEqual([]);
    expect(await page.evaluate(overlaps)).toEqual([]);
    expect(await page.evaluate(paintedPanels)).toMatchObject({ 'p-0-0': true, 'p-0-2': true });
    // The short state has no room for its name: the names of all stand below.
    expect(await page.locator('#p-0-7 .lanes u').allInnerTexts()).toEqual(['up', '', 'up']);
    expect(await page.locator('#p-0-7 .keys').innerText()).toBe('up\nnot yet or over');
    expect(await page.locator('#p-0-9 .body b').innerText()).toBe('Any id');
    expect(await page.locator('#p-0-9 .body pre').innerText()).toBe('rtops trace ID\n**as it is**');
    expect(await page.locator('#p-0-9 .body').innerText()).not.toContain('```');
    // Control: the old height of legends is seen.
    await page.evaluate(
      `document.querySelector('#p-0-0 .legend').style.cssText = 'max-height:50px;overflow:auto'`,
    );
    expect(await page.evaluate(hiddenTexts)).toEqual(['p-0-0 legend']);
  });

  test('the last tick of the time axis is whole', async () => {
    const { page } = await opened(renderSheet(sampleInspection(), assets), 'light', 1440);
    const ends = await page.evaluate<readonly number[]>(rightmostInk);
    expect(ends).toHaveLength(3);
    // What is cut ends within a glyph or a gap of the edge.
    expect(Math.min(...ends)).toBeGreaterThan(3);
  });

  test('a line at its natural end, 100 %, lies below the names of the bands', async () => {
    const { page } = await opened(renderSheet(full(), assets), 'light');
    // The names are 10 px high, 2 px below the edge.
    expect(await page.evaluate<number>(lineBelowEdge)).toBeGreaterThan(13);
  });

  test('on a phone nothing is wider than the screen', async () => {
    const { page } = await opened(renderSheet(sampleInspection(), assets), 'light', 390);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await page.evaluate(overlaps)).toEqual([]);
  });

  async function opened(html: string, theme: string, width = 1400) {
    const dir = mkdtempSync(join(tmpdir(), 'rtops-sheet-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, 'sheet.html');
    writeFileSync(file, html);
    const context = await browser.newContext({ offline: true, viewport: { width, height: 900 } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const problems: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(`${pathToFileURL(file).href}#${theme}`, { waitUntil: 'load' });
    return { page, problems, requests };
  }
});

/** A panel of shares, all of them whole from begin to end. */
function full(): Inspection {
  const inspection = sampleInspection();
  const dashboards = inspection.dashboards.map((dashboard) => ({
    ...dashboard,
    panels: dashboard.panels.map((drawn): DrawnPanel => {
      if (!drawn.panel.title.startsWith('Lines')) return drawn;
      const style = { ...drawn.panel.style, unit: 'percentunit', max: 1, thresholds: [] };
      const [wave] = drawn.queries[0]?.series ?? [];
      const points = (wave?.points ?? []).map(([at]) => [at, 1] as const);
      const series = [{ labels: {}, name: 'share', points }];
      const queries = drawn.queries.map((query) => ({ ...query, series }));
      return { ...drawn, panel: { ...drawn.panel, style }, queries };
    }),
  }));
  return { ...inspection, dashboards };
}

/** Panels with more to say than there is room for in the grid. */
function crowded(): Inspection {
  const inspection = sampleInspection();
  const [dashboard] = inspection.dashboards;
  if (dashboard === undefined) throw new Error('no dashboard');
  const panels = dashboard.panels.map((drawn): DrawnPanel => {
    const { panel, queries } = drawn;
    if (panel.title.startsWith('Lines')) {
      const [wave] = queries[0]?.series ?? [];
      const series = Array.from({ length: 24 }, (_, index) => ({
        ...{ labels: {}, points: wave?.points ?? [] },
        name: `ws-${index} chat:send-message`,
      }));
      const title = 'Connections accepted and closed a second, and those that were refused before';
      return { ...drawn, title, queries: queries.map((query) => ({ ...query, series })) };
    }
    if (panel.title.startsWith('Words')) {
      const text =
        'Put it into **Any id**.\n\nOr:\n\n```\nrtops trace ID\n**as it is**\n```\n\n- one `code`\n- two';
      return { ...drawn, panel: { ...panel, text } };
    }
    if (!panel.title.startsWith('States')) return drawn;
    const mappings = { ...panel.style.mappings, 0: { text: 'not yet or over', color: 'red' } };
    return { ...drawn, panel: { ...panel, style: { ...panel.style, mappings } } };
  });
  return { ...inspection, dashboards: [{ ...dashboard, panels }] };
}

/** Runs in the page: parts of panels that hold more than they show. */
const hiddenTexts = `[...document.querySelectorAll('.panel')].flatMap((panel) =>
  [panel, ...panel.querySelectorAll('h3, .legend, .legend li, .words, .words pre, .stats, .bars, .lanes, .lanes u, .keys, .none, .scroll')]
    .filter((part) => part.scrollHeight > part.clientHeight + 1 || part.scrollWidth > part.clientWidth + 1)
    .map((part) => panel.id + ' ' + (part.className || part.tagName)))`;

/** Runs in the page: of each uPlot, how far from its right edge the text below its axis ends. */
const rightmostInk = `[...document.querySelectorAll('.panel .u-wrap canvas')].map((canvas) => {
  const height = 16 * devicePixelRatio;
  const { data } = canvas.getContext('2d').getImageData(0, canvas.height - height, canvas.width, height);
  let last = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 40) last = Math.max(last, ((i - 3) / 4) % canvas.width);
  return canvas.width - 1 - last;
})`;

/** Runs in the page: how many pixels below the upper edge of the first plot its first line runs, where no band is. */
const lineBelowEdge = `(() => {
  const canvas = document.querySelector('#p-0-0 canvas');
  const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue('--c1').trim().slice(1).match(/../g).map((hex) => parseInt(hex, 16));
  const { data } = canvas.getContext('2d').getImageData(Math.round(canvas.width * 0.8), 0, 1, canvas.height);
  const isLine = (at) => Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 60 && data[at + 3] > 200;
  let row = 0;
  while (row < canvas.height && !isLine(4 * row)) row += 1;
  return row === canvas.height ? NaN : row / devicePixelRatio - 6;
})()`;

/** Runs in the page: of each panel with a canvas, whether anything but grey is painted on it. */
const paintedPanels = `Object.fromEntries([...document.querySelectorAll('.panel')].flatMap((panel) => {
  const canvas = panel.querySelector('canvas');
  if (canvas === null) return [];
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let colored = 0;
  for (let i = 0; i < data.length; i += 4) {
    const most = Math.max(data[i], data[i + 1], data[i + 2]), least = Math.min(data[i], data[i + 1], data[i + 2]);
    if (data[i + 3] > 100 && most - least > 60) colored += 1;
  }
  return [[panel.id, colored > 100]];
}))`;

/** Runs in the page: ids of panels and headings that lie over each other. */
const overlaps = `(() => {
  const boxes = [...document.querySelectorAll('.panel, .grid h4')].map((one) => ({ id: one.id || one.textContent, box: one.getBoundingClientRect() }));
  const found = [];
  for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) {
    if (a.box.left < b.box.right - 0.5 && b.box.left < a.box.right - 0.5 && a.box.top < b.box.bottom - 0.5 && b.box.top < a.box.bottom - 0.5) found.push(a.id + ' ' + b.id);
  }
  return found;
})()`;

/** Runs in the page: parts of a panel that reach out of it. */
const cutTexts = `[...document.querySelectorAll('.panel')].flatMap((panel) => {
  const outer = panel.getBoundingClientRect();
  return [...panel.children].filter((part) => part.getBoundingClientRect().bottom > outer.bottom + 0.5).map((part) => panel.id + ' ' + part.className);
})`;
