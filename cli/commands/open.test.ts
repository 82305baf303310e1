import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { selfIdentity } from '../system/process-identity.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import type { ObserverKind } from '../topology/topology.ts';
import { open } from './open.ts';
import { observerAt, systemIsUp } from './testing/system-up.ts';

describe('open', () => {
  test.each([
    ['prometheus', 'http://127.0.0.1:9000\n'],
    ['alertmanager', 'http://127.0.0.1:9001\n'],
    ['grafana', 'http://127.0.0.1:9002\n'],
  ] as const)('without a desktop prints where %s is', async (what, printed) => {
    const world = worldWith(['prometheus', 'alertmanager', 'grafana']);
    expect(await open(world, what)).toBe(exitCode.pass);
    expect(world.printed.stdout).toBe(printed);
  });

  test('at a desktop shows it there', async () => {
    const { dir, seen } = desktop();
    const env = { PATH: `${dir}:/usr/bin:/bin`, DISPLAY: ':7' };
    const world = worldWith(['prometheus'], env);
    await open(world, 'prometheus');
    expect(world.printed.stdout).toBe('opened http://127.0.0.1:9000\n');
    await waitUntil(() => seen() === 'http://127.0.0.1:9000\n');
  });

  test.each(['prometheus', 'alertmanager', 'grafana'] as const)(
    'with nothing up there is no %s, and the next command is named',
    async (what) => {
      const failure = await failureOf(open(testWorld({ env: {} }), what));
      expect(failure.code).toBe(exitCode.notReady);
      expect(failure.next).toBe('rtops up --observe -d');
    },
  );

  test('without observers says how to get them', async () => {
    const failure = await failureOf(open(worldWith([]), 'grafana'));
    expect(failure.why).toBe('single is up without observers');
    expect(failure.next).toContain('rtops up single --observe');
  });

  test('without Grafana says what does without it, and where the dashboards are', async () => {
    const failure = await failureOf(open(worldWith(['prometheus', 'alertmanager']), 'grafana'));
    expect(failure.code).toBe(exitCode.notReady);
    expect(failure.next).toContain('rtops dashboards check');
    expect(failure.evidence.join('\n')).toMatch(/grafana\/dashboards\n.*127\.0\.0\.1:9000/);
  });

  test('a supervisor that is gone leaves nothing to open', async () => {
    const world = worldWith(['prometheus'], {}, 'long ago');
    expect((await failureOf(open(world, 'prometheus'))).why).toBe('nothing is up in this folder');
  });
});

/** A system that is up, supervised by this process, with these observers on ports from 9000 on. */
function worldWith(
  observers: readonly ObserverKind[],
  env: Readonly<Record<string, string>> = {},
  startTime = selfIdentity().startTime,
): TestWorld {
  const world = testWorld({ env });
  systemIsUp(world, {
    supervisor: { ...selfIdentity(), startTime },
    services: observers.map((kind, at) => observerAt(kind, 9000 + at)),
  });
  return world;
}

/** A folder with an `xdg-open` that writes down what it was given. */
function desktop(): { dir: string; seen: () => string } {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-desktop-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const seenFile = join(dir, 'seen');
  writeFileSync(seenFile, '');
  writeFileSync(join(dir, 'xdg-open'), `#!/bin/sh\necho "$1" > '${seenFile}'\n`);
  chmodSync(join(dir, 'xdg-open'), 0o755);
  return { dir, seen: () => readFileSync(seenFile, 'utf8') };
}
