import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import type { World } from '../world.ts';
import { openRunPage } from './open-run-page.ts';
import type { RunPage } from './open-run-page.ts';
import { valueOf } from './testing/parse-page.ts';

const input = {
  ...{ runId: '20261121-1', scenario: 'chat-1000', topology: 'scaled' },
  ...{ announceIn: null, port: null },
};

/** A world whose sleeps are told, and last until they are ended or aborted. */
function patientWorld() {
  const sleeps: { readonly ms: number; readonly end: () => void }[] = [];
  const world: TestWorld = testWorld();
  const clock: World['clock'] = {
    ...world.clock,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push({ ms, end: resolve });
        if (signal?.aborted === true) reject(new Error('aborted'));
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  };
  return { world: { ...world, clock }, sleeps };
}

/** Ends the page; `gone` says whether that is over. */
function end(page: RunPage) {
  let gone = false;
  const over = page[Symbol.asyncDispose]().then(() => {
    gone = true;
  });
  return { over, gone: () => gone };
}

const read = async (page: RunPage): Promise<string> => (await fetch(page.url)).text();

describe('the page of a run', () => {
  test('goes at once when nobody ever read it', async () => {
    const { world, sleeps } = patientWorld();
    const page = await openRunPage(world, input);
    await end(page).over;
    expect(sleeps).toEqual([]);
    await expect(read(page)).rejects.toThrow('fetch failed');
  });

  test('stays until the final values were read', async () => {
    const { world, sleeps } = patientWorld();
    const page = await openRunPage(world, input);
    expect(valueOf(await read(page), 'rtops_run_info', { git: 'none' })).toBe(1);
    page.event({ kind: 'run-end', t: 1, verdict: 'pass', exitCode: 0 });
    const ending = end(page);
    expect(sleeps.map(({ ms }) => ms)).toEqual([4000]);
    expect(ending.gone()).toBe(false);
    await read(page);
    await ending.over;
  });

  test('goes at once when they were read before it ends', async () => {
    const { world } = patientWorld();
    const page = await openRunPage(world, input);
    page.event({ kind: 'run-end', t: 1, verdict: 'pass', exitCode: 0 });
    await read(page);
    // In this world nothing that sleeps ends by itself.
    await end(page).over;
  });

  test('goes after two intervals without a reader, and at once after a second Ctrl-C', async () => {
    for (const impatience of ['time', 'hurry'] as const) {
      const { world, sleeps } = patientWorld();
      const page = await openRunPage(world, input);
      await read(page);
      const ending = end(page);
      expect(ending.gone()).toBe(false);
      if (impatience === 'hurry') page.hurry();
      else sleeps[0]?.end();
      await ending.over;
    }
  });

  test('says whether it was read before a run begins', async () => {
    const { world, sleeps } = patientWorld();
    const never = new AbortController().signal;
    const page = await openRunPage(world, input);
    const read1 = page.firstRead(never);
    await read(page);
    expect(await read1).toBe(true);
    expect(await page.firstRead(never)).toBe(true);
    page.hurry();
    await page[Symbol.asyncDispose]();

    const unread = await openRunPage(world, input);
    expect(await unread.firstRead(AbortSignal.abort())).toBe(false);
    const late = unread.firstRead(never);
    for (const { end: endSleep } of sleeps) endSleep();
    expect(await late).toBe(false);
    await unread[Symbol.asyncDispose]();
  });

  test('is announced where it was asked for, until it goes', async () => {
    const { world } = patientWorld();
    const targets = join(world.cwd, 'targets');
    const quiet = await openRunPage(world, input);
    expect(existsSync(targets)).toBe(false);
    await quiet[Symbol.asyncDispose]();
    const page = await openRunPage(world, { ...input, announceIn: world.cwd });
    expect(readdirSync(targets)).toEqual(['run-20261121-1.json']);
    await page[Symbol.asyncDispose]();
    expect(readdirSync(targets)).toEqual([]);
  });

  test('says the commit of the folder it was started in', async () => {
    const { world } = patientWorld();
    const page = await openRunPage({ ...world, cwd: import.meta.dirname }, input);
    expect(await read(page)).toMatch(/rtops_run_info\{.*git="[0-9a-f]{12}"\} 1/);
    page.hurry();
    await page[Symbol.asyncDispose]();
  });

  test('is not served on a port that another has', async () => {
    const { world } = patientWorld();
    const first = await openRunPage(world, input);
    const port = Number(new URL(first.url).port);
    await expect(openRunPage(world, { ...input, port })).rejects.toMatchObject({
      code: exitCode.notReady,
    });
    await first[Symbol.asyncDispose]();
  });
});
