/**
 * What `sticky-test` prints to mend what it found, pasted word for word into a real nginx in front of
 * stock servers: the same probe must then pass.
 */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';

import { stickyRemedies } from '../../report/sticky-remedy.ts';
import type { StickyRemedy } from '../../report/sticky-remedy.ts';
import { newerNginxForTests } from '../../system/testing/newer-nginx.ts';
import { freePorts } from '../../system/ports.ts';
import { testWorld } from '../../system/testing/test-world.ts';
import { judgeStickyMode } from '../../verdict/sticky/judge-sticky-mode.ts';
import type { StickyModeResult } from '../../verdict/sticky/sticky-result.ts';
import { probeStickiness } from './probe-stickiness.ts';
import { anySpeech } from './speech.ts';
import { nginxOf, stockServers } from './testing/foreign-system.ts';

const upgrade = `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection "upgrade";`;

test.each([
  { name: '1.22', version: '1.22.1', binary: undefined },
  { name: 'one that has `sticky`', version: '1.31.3', binary: newerNginxForTests() },
])('no stickiness, on nginx $name', async ({ version, binary }) => {
  const ports = await namedServers();
  const at = { ...(binary === undefined ? {} : { binary }) };
  const before = await judged(await nginxOf({ ...plain(ports, upgrade), ...at }));
  expect(before.causes[0]?.cause).toBe('no-stickiness');
  const lines = linesFor(before, 'no-stickiness', version);
  const after = await judged(await nginxOf({ ...placed(lines), ...at }));
  expect(after.nodes).toHaveLength(3);
  expect(after).toMatchObject({ verdict: 'pass', broken: 0 });
});

test('everybody behind one address', async () => {
  const ports = await namedServers();
  const before = await judged(await nginxOf(plain(ports, upgrade, 'ip_hash;')), 'ip_hash', ports);
  expect(before.findings.map(({ kind }) => kind)).toContain('hot-spot');
  const lines = linesFor(before, 'hot-spot', '1.22.1');
  expect(lines.join('\n')).not.toContain('ip_hash');
  const after = await judged(await nginxOf(placed(lines)), 'as-found', ports);
  expect(after.skew.handshakes.perNode.every(({ amount }) => amount > 0)).toBe(true);
  expect(after).toMatchObject({ verdict: 'pass', findings: [{ kind: 'identity' }] });
});

test('upgrade headers that are missing', async () => {
  const ports = await stockServers(3);
  const before = await judged(await nginxOf(plain(ports, 'proxy_http_version 1.1;', 'ip_hash;')));
  expect(before.causes.map(({ cause }) => cause)).toEqual(['upgrade-headers']);
  const { http, location } = placed(linesFor(before, 'upgrade-headers', null));
  const mended = plain(ports, location, 'ip_hash;');
  const after = await judged(await nginxOf({ ...mended, http: `${http}\n${mended.http}` }));
  expect(after).toMatchObject({ verdict: 'pass', broken: 0 });
});

test('a held poll that the proxy asks of another node', async () => {
  const ports = await stockServers(3);
  const hasty = `${upgrade} proxy_read_timeout 1s;`;
  const before = await judged(await nginxOf(plain(ports, hasty, 'ip_hash;')));
  expect(before.causes[0]?.cause).toBe('silent-retry');
  const { location } = placed(linesFor(before, 'silent-retry', null));
  const after = await judged(await nginxOf(plain(ports, `${upgrade} ${location}`, 'ip_hash;')));
  expect(after).toMatchObject({ verdict: 'pass', broken: 0 });
});

test('a node that is gone', async () => {
  const alive = await stockServers(2);
  const [gone = 0] = await freePorts(testWorld(), '127.0.0.1', 1, []);
  const noRetry = `${upgrade} proxy_next_upstream off;`;
  const before = await judged(await nginxOf(plain([...alive, gone], noRetry, 'ip_hash;')));
  expect(before.causes[0]?.cause).toBe('dead-slot');
  const { upstream } = placed(linesFor(before, 'dead-slot', null));
  const down = upstream.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${gone}`);
  const { http, server } = plain(alive, noRetry, 'ip_hash;');
  const after = await judged(await nginxOf({ http: http.replace(' }', ` ${down} }`), server }));
  expect(after).toMatchObject({ verdict: 'pass', broken: 0 });
});

/** Three, each with its name in its session ids as the lines ask for it, in the order of addresses. */
async function namedServers(): Promise<readonly number[]> {
  const ports: readonly number[] = await stockServers(3, (at) => {
    const inOrder = ports.toSorted((one, other) => (String(one) < String(other) ? -1 : 1));
    return `ws-${inOrder.indexOf(ports[at] ?? 0) + 1}.${randomUUID()}`;
  });
  return ports.toSorted((one, other) => (String(one) < String(other) ? -1 : 1));
}

/** As found, or as `mode` with everybody behind one address. */
async function judged(
  url: string,
  mode = 'as-found',
  behindOne: readonly number[] | null = null,
): Promise<StickyModeResult> {
  const pass = await probeStickiness(testWorld(), {
    url,
    sessions: 24,
    nat: behindOne !== null,
    cookies: true,
    dropCookiesToo: false,
    speech: anySpeech,
    nodeOf: (address) => address,
    moments: null,
    signal: new AbortController().signal,
  });
  return judgeStickyMode(pass, {
    mode,
    role: 'subject',
    nodes: behindOne?.map((port) => `127.0.0.1:${port}`) ?? null,
    even: false,
    affine: false,
    predictable: false,
    byAddress: false,
  });
}

/** As somebody might have written it. A node is never set aside: that would be another trouble. */
function plain(ports: readonly number[], location: string, method = '') {
  return {
    http: `upstream nodes { ${method} ${ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(' ')} }`,
    server: `location /socket.io/ { proxy_pass http://nodes; ${location} }`,
  };
}

function linesFor(
  mode: StickyModeResult,
  cause: StickyRemedy['for'],
  version: string | null,
): readonly string[] {
  const found = stickyRemedies([mode], version).find((remedy) => remedy.for === cause);
  if (found === undefined) throw new Error(`nothing mends ${cause}`);
  return found.lines;
}

/** The lines by the place that the comment above them names. */
function placed(lines: readonly string[]) {
  const places = { http: '', server: '', location: '', upstream: '' };
  let place: keyof typeof places | undefined;
  for (const line of lines) {
    const [, named] = /^# in (?:your )?(http|server|location|upstream) /.exec(line) ?? [];
    if (named !== undefined) place = named as keyof typeof places;
    else if (place !== undefined) places[place] += `${line}\n`;
  }
  return places;
}
