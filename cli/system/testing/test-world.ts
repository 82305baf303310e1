/** A {@link World} in a folder of its own: real clock and environment, captured streams. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

import type { World } from '../../world.ts';
import { takeFolderLock } from '../folder-lock.ts';
import { healFolder } from '../heal-folder.ts';
import { makeStateFolder, stateFolder } from '../state-folder.ts';

export type TestWorld = World & {
  readonly printed: { stdout: string; stderr: string };
  /** As if the person pressed Ctrl-C. */
  interrupt(): void;
};

/** What is left in the folder when the test ends is healed away, and the folder removed. */
export function testWorld(over: Partial<World> = {}): TestWorld {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'rtops-system-')));
  const printed = { stdout: '', stderr: '' };
  const handlers = new Set<(signal: NodeJS.Signals) => void>();
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      printed[name] += text;
    },
    isTTY: false,
    columns: 80,
    rows: 24,
    stream: undefined,
  });
  const world: TestWorld = {
    argv: [],
    env: process.env,
    cwd,
    stdout: output('stdout'),
    stderr: output('stderr'),
    stdinIsTTY: false,
    ask: () => Promise.resolve(undefined),
    clock: {
      now: () => Date.now(),
      monotonicNs: () => process.hrtime.bigint(),
      sleep: (ms, signal) => sleepFor(ms, undefined, signal === undefined ? {} : { signal }),
    },
    random: () => randomInt(1_000_000) / 1_000_000,
    onSignal: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    ...over,
    printed,
    interrupt: () => {
      for (const handler of handlers) handler('SIGINT');
    },
  };
  onTestFinished(async () => {
    const folder = stateFolder(cwd);
    makeStateFolder(folder);
    const lock = takeFolderLock(folder.lockFile);
    await healFolder(world, folder);
    if (lock.kind === 'held') lock.release();
    rmSync(cwd, { recursive: true, force: true });
  });
  return world;
}
