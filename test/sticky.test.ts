/** `rtops sticky-test` on real nginx: each mode with the verdict it must have, and those that must fail. */
import { describe, expect, test } from 'vitest';

import type { StickyDocument } from '../cli/report/sticky-document.ts';
import { newerNginxForTests } from '../cli/system/testing/newer-nginx.ts';
import type { StickyModeResult } from '../cli/verdict/sticky/sticky-result.ts';
import { newHome, processesOf, upDetached } from './testing/rtops.ts';
import type { Ended } from './testing/rtops.ts';

const few = ['--sessions', '30'];

function documentIn(ended: Ended): StickyDocument {
  expect(ended.stdout, ended.stderr).not.toBe('');
  return JSON.parse(ended.stdout) as StickyDocument;
}

function modeIn({ modes }: StickyDocument, name: string): StickyModeResult {
  const found = modes.find(({ mode }) => mode === name);
  if (found === undefined || found.verdict === 'refused') throw new Error(`${name} was not played`);
  return found;
}

test('every mode on a newer nginx: the control breaks, all others hold, survivors stay', async () => {
  const home = newHome({ RTOPS_NGINX: newerNginxForTests() });
  const ended = await home.run('sticky-test', '--mode', 'all', '--json', ...few);
  expect(ended.code, ended.stderr).toBe(0);
  const document = documentIn(ended);
  expect(document).toMatchObject({
    schemaVersion: 1,
    kind: 'sticky-test',
    nginx: '1.31.3',
    verdict: 'pass',
    exitCode: 0,
  });
  expect(document.modes.map(({ mode }) => mode)).toEqual([
    ...['none', 'ip_hash', 'hash', 'cookie', 'sid', 'native', 'websocket'],
  ]);

  const control = modeIn(document, 'none');
  expect(control.role).toBe('control');
  expect(control.broken).toBeGreaterThan(20);
  expect(control.causes[0]?.cause).toBe('no-stickiness');
  for (const name of ['ip_hash', 'hash', 'cookie', 'sid', 'native']) {
    const mode = modeIn(document, name);
    expect([name, mode.verdict, mode.broken]).toEqual([name, 'pass', 0]);
    expect(mode.loss, name).toMatchObject({ survivorsMoved: 0, socketsMoved: 0 });
    expect(mode.loss?.orphansBack, name).toBe(mode.loss?.orphans);
    expect(mode.loss?.orphans, name).toBeGreaterThan(0);
    expect(mode.skew.messages.perNode.reduce((sum, { amount }) => sum + amount, 0)).toBe(150);
  }
  // Sessions and next sessions, each where the hash says.
  expect(modeIn(document, 'ip_hash').oracle).toMatchObject({ predicted: 60, right: 60 });
  // Under open sessions: a reload, the node's return, its line marked down, its line deleted.
  for (const name of ['hash', 'cookie', 'sid', 'native']) {
    for (const change of modeIn(document, name).changes) {
      expect([name, change.kind, change.moved, change.socketsMoved]).toEqual([
        ...[name, change.kind, 0, 0],
      ]);
      expect(change.sessions, `${name} ${change.kind}`).toBeGreaterThan(0);
    }
  }
  const kindsOf = (name: string) => modeIn(document, name).changes.map(({ kind }) => kind);
  expect(kindsOf('native')).toEqual(['reload', 'return', 'down', 'deleted']);
  // An address hash sends them back to a node that returns, and ip_hash counts along its lines.
  const [, back, down, deleted] = modeIn(document, 'ip_hash').changes;
  expect(back?.orphansMovedAgain).toBe(modeIn(document, 'ip_hash').loss?.orphans);
  expect([down?.moved, deleted?.moved]).toEqual([0, (deleted?.sessions ?? 0) / 2]);
  expect(modeIn(document, 'cookie').changes[1]).toMatchObject({ orphansMovedAgain: 0 });
  // Only clients that never poll need no stickiness.
  expect(modeIn(document, 'websocket')).toMatchObject({ verdict: 'pass', broken: 0, changes: [] });
  for (const name of ['cookie', 'native']) {
    expect(modeIn(document, name).withoutCookies?.astray, name).toBeGreaterThanOrEqual(4);
  }
  expect(ended.stderr).toContain('breaks: good');
  expect(processesOf(home)).toEqual([]);
});

describe('runs that must fail', () => {
  test('none alone: 99, the cause, and the lines for the nginx that was found', async () => {
    const ended = await newHome().run('sticky-test', '--mode', 'none', ...few);
    expect(ended.code, ended.stderr).toBe(99);
    expect(ended.stdout).toContain('NOT STICKY');
    expect(ended.stdout).toContain('another node got the request; nothing holds a session');
    expect(ended.stdout).toContain('map $arg_sid $ws_upstream');
  });

  test('cookies that do not come back: 99, and withCredentials is named', async () => {
    const ended = await newHome().run(
      'sticky-test',
      '--no-cookies',
      '--no-node-loss',
      '--json',
      ...few,
    );
    expect(ended.code, ended.stderr).toBe(99);
    expect(modeIn(documentIn(ended), 'cookie').causes[0]?.cause).toBe('cookie-dropped');
    expect(ended.stderr).toContain('withCredentials: true');
  });

  test('one session: it may have found home by chance, so nothing is proved', async () => {
    const ended = await newHome().run('sticky-test', '--sessions', '1', '--no-node-loss');
    expect(ended.code, ended.stderr).toBe(122);
    expect(ended.stdout).toContain('NO VERDICT');
  });

  test('one node: the control cannot break, so nothing is proved', async () => {
    const ended = await newHome().run('sticky-test', '--set', 'ws.count=1', ...few);
    expect(ended.code, ended.stderr).toBe(122);
    expect(ended.stdout).toContain('blind');
  });
});

test('everybody behind one address: ip_hash holds, on one node, and is called a hot spot', async () => {
  const ended = await newHome().run('sticky-test', '--mode', 'ip_hash', '--nat', '--json', ...few);
  expect(ended.code, ended.stderr).toBe(0);
  const mode = modeIn(documentIn(ended), 'ip_hash');
  expect(mode.skew.handshakes.maxOverMean).toBe(3);
  expect(mode.findings.map(({ kind }) => kind)).toContain('hot-spot');
  expect(mode.loss?.orphans).toBe(30);
});

test('what is up is tested by its address, and never beside another system', async () => {
  const home = newHome();
  const { url } = await upDetached(home, 'scaled', '--set', 'proxy.ws.balance=sid');
  const beside = await home.run('sticky-test', ...few);
  expect(beside.code).toBe(2);
  expect(beside.stderr).toContain(`--url ${url}`);
  const ended = await home.run('sticky-test', '--url', url, '--json', ...few);
  expect(ended.code, ended.stderr).toBe(0);
  expect(modeIn(documentIn(ended), 'as-found')).toMatchObject({
    nodes: ['ws-1', 'ws-2'],
    broken: 0,
  });
  // A stranger without the secret still sees what the headers tell.
  const stranger = await newHome().run('sticky-test', '--url', url, '--json', ...few);
  expect(stranger.code, stranger.stderr).toBe(0);
  expect(documentIn(stranger).notKnown.length).toBeGreaterThan(0);
});

test.each([
  { args: ['--mode', 'iphash'], code: 2, says: 'ip_hash' },
  { args: ['--topology', 'single'], code: 2, says: 'nothing that could be sticky' },
  { args: ['--mode', 'sid', '--url', 'http://127.0.0.1:1'], code: 2, says: 'cannot both' },
  { args: ['--url', 'http://198.51.100.7'], code: 2, says: 'rtops sticky-test --url' },
  { args: ['--url', 'http://127.0.0.1:1'], code: 121, says: 'does not answer' },
  { args: ['--sessions', '0'], code: 2, says: '1 to 10000' },
  { args: ['--mode', 'native'], code: 120, says: '1.29.6' },
])('sticky-test $args: $code', async ({ args, code, says }) => {
  const home = newHome();
  const ended = await home.run('sticky-test', ...args);
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stderr).toContain(says);
  expect(processesOf(home)).toEqual([]);
});

test('Ctrl-C under way: 105, and nothing is left', async () => {
  const home = newHome();
  const running = home.start('sticky-test', '--sessions', '500');
  await running.said(/none: 500 sessions/);
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(105);
  expect(processesOf(home)).toEqual([]);
});
