import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startPrometheus } from '../observe/testing/start-prometheus.ts';
import { shopTarget } from '../observe/testing/shop-target.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { runProgram } from './program.ts';

let url = '';
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

beforeAll(async () => {
  const target = stack.use(await shopTarget());
  const prometheus = stack.use(
    await startPrometheus(
      `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['${target.address}'] }] }]`,
    ),
  );
  ({ url } = prometheus);
  await waitUntil(async () => {
    const answer = await fetch(`${url}/api/v1/query?query=shop_orders_total>=30`);
    return (await answer.text()).includes('"kind":"cash.only"');
  });
});

/** A world whose folder holds one dashboard of these queries. */
function worldWith(exprs: readonly string[], ...argv: string[]): TestWorld {
  const world = testWorld();
  const panels = exprs.map((expr, index) => ({
    id: index + 1,
    type: 'timeseries',
    title: `Panel ${index + 1}`,
    datasource: { type: 'prometheus', uid: 'rtops-prometheus' },
    gridPos: { x: 0, y: index * 8, w: 24, h: 8 },
    targets: [{ refId: 'A', expr }],
  }));
  writeFileSync(
    join(world.cwd, 'mine.json'),
    JSON.stringify({ title: 'Mine', uid: 'mine', panels }),
  );
  return { ...world, argv: ['dashboards', ...argv] };
}

const ownWindow = ['--from', 'now-3s'];

describe('rtops dashboards check', () => {
  test('0 and a table when every panel has what it should', async () => {
    const world = worldWith(
      ['shop_queue'],
      'check',
      'mine.json',
      '--prometheus',
      url,
      ...ownWindow,
    );
    expect(await runProgram(world)).toBe(0);
    expect(world.printed.stdout).toMatch(/✓ Panel 1 +1 {2}ok\n/);
    expect(world.printed.stdout).toMatch(/\nPASS {2}1 panel and 0 more: 1 ok, /);
  });

  test('99 and the cause when one is empty', async () => {
    const world = worldWith(
      ['shop_queue', 'shop_quue'],
      'check',
      'mine.json',
      '--prometheus',
      url,
      ...ownWindow,
    );
    expect(await runProgram(world)).toBe(99);
    expect(world.printed.stdout).toMatch(
      /✗ Panel 2 +0 {2}empty\n +query A: series never created: Prometheus never saw shop_quue; it has\s+shop_queue\n/,
    );
    expect(world.printed.stdout).toContain('FAIL');
  });

  test('--json prints one document, --sheet writes the sheet', async () => {
    const world = worldWith(
      ['shop_queue', 'shop_quue'],
      'check',
      'mine.json',
      '--json',
      '--sheet',
      'out/sheet.html',
      '--prometheus',
      url,
      ...ownWindow,
    );
    expect(await runProgram(world)).toBe(99);
    expect(JSON.parse(world.printed.stdout)).toMatchObject({
      schemaVersion: 1,
      verdict: 'fail',
      exitCode: 99,
      totals: { panels: 2, ok: 1, failed: 1 },
      rows: [
        { name: 'Panel 1', verdict: 'ok', cause: null },
        { name: 'Panel 2', verdict: 'empty', cause: 'never-created', query: 'A' },
      ],
    });
    expect(readFileSync(join(world.cwd, 'out/sheet.html'), 'utf8')).toContain('Panel 2');
  });

  const refused: readonly [string, readonly string[], number, RegExp][] = [
    ['nothing is up and nothing named', ['check', ...ownWindow], 120, /up --observe/],
    ['no run', ['check'], 122, /no run to inspect/],
    [
      'nobody answers',
      ['check', '--prometheus', 'http://127.0.0.1:1', ...ownWindow],
      121,
      /127\.0\.0\.1:1 does not answer/,
    ],
    ['no address', ['check', '--prometheus', 'localhost', ...ownWindow], 2, /http:\/\/127/],
    ['no moment', ['check', '--from', 'noon'], 2, /--from noon is no moment/],
    ['no file', ['check', 'gone.json', ...ownWindow], 104, /cannot read .*gone\.json/],
    ['no variable', ['check', '--var', 'x', ...ownWindow], 2, /--var x is not name=value/],
    ['a variable that none has', ['check', '--var', 'nope=1', ...ownWindow], 2, /variable nope/],
    [
      'a variable misspelt',
      ['check', '--var', 'instanse=ws-1', ...ownWindow],
      2,
      /variable instanse[^]*did you mean instance\?/,
    ],
    [
      'two to ask',
      [
        'check',
        '--grafana',
        'http://127.0.0.1:1',
        '--prometheus',
        'http://127.0.0.1:1',
        ...ownWindow,
      ],
      2,
      /cannot both be asked/,
    ],
    // Control: one that is there goes on to the next question.
    ['no run for it', ['check', '--var', 'instance=ws-1'], 122, /no run to inspect/],
  ];
  test.each(refused)('%s: said with its code', async (_, argv, code, said) => {
    const world = worldWith([], ...argv);
    expect(await runProgram(world)).toBe(code);
    expect(world.printed.stderr).toMatch(said);
  });

  test('a Prometheus without a run in the window has no verdict on our dashboards', async () => {
    const world = worldWith([], 'check', '--prometheus', url, ...ownWindow);
    expect(await runProgram(world)).toBe(122);
    expect(world.printed.stderr).toContain('the window holds no run');
  });

  test('a window before the first scrape has no verdict', async () => {
    const world = worldWith(
      ['up'],
      'check',
      'mine.json',
      '--prometheus',
      url,
      '--from',
      'now-2h',
      '--to',
      'now-1h',
    );
    expect(await runProgram(world)).toBe(122);
    expect(world.printed.stderr).toContain('scraped nothing in the window');
  });

  test('a file that is no dashboard is named with what is wrong in it', async () => {
    const world = worldWith([], 'check', 'bad.json', ...ownWindow);
    writeFileSync(join(world.cwd, 'bad.json'), '{"panels": [{"type": 5}]}');
    expect(await runProgram(world)).toBe(104);
    expect(world.printed.stderr).toMatch(/bad\.json is not a Grafana dashboard/);
  });

  test('a page that is not Prometheus, and a password in its address', async () => {
    const server = createServer((_request, response) => response.end('<html>'));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const world = worldWith(
      ['up'],
      'check',
      'mine.json',
      '--prometheus',
      `http://me:hush@127.0.0.1:${port}`,
      ...ownWindow,
    );
    expect(await runProgram(world)).toBe(121);
    expect(world.printed.stderr).toContain('does not answer as Prometheus does');
    expect(world.printed.stderr).not.toContain('hush');
  });

  test('a clock that is off is named', async () => {
    const world = worldWith(
      ['shop_queue'],
      'check',
      'mine.json',
      '--prometheus',
      url,
      '--from',
      'now-63s',
      '--to',
      'now-60s',
    );
    const { clock } = world;
    const early = { ...world, clock: { ...clock, now: () => clock.now() + 60_000 } };
    expect(await runProgram(early)).toBe(0);
    expect(world.printed.stdout).toMatch(
      /clock skew: Prometheus' clock is 1m 00s behind this machine's/,
    );
  });
});

test('rtops dashboards sheet writes one file and says where', async () => {
  const world = worldWith(
    ['shop_queue', 'shop_quue'],
    'sheet',
    'mine.json',
    '--out',
    's.html',
    '--prometheus',
    url,
    ...ownWindow,
  );
  expect(await runProgram(world)).toBe(0);
  expect(world.printed.stdout).toBe('s.html\n');
  expect(readFileSync(join(world.cwd, 's.html'), 'utf8')).toContain('Panel 1');
});
