import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { openRenderers } from './renderers.ts';
import type { Renderers, RendererWishes } from './renderers.ts';

const note = (text: string): RunEvent => ({ kind: 'note', t: 0, text });

function wishes(...words: readonly string[]): RendererWishes {
  return { words, json: false, adds: false };
}

function say(renderers: Renderers, text: string): void {
  for (const renderer of renderers.all) renderer.event(note(text));
}

test('what was said is in the file at once, under the whole name', async () => {
  const world = testWorld();
  writeFileSync(join(world.cwd, 'a=b.jsonl'), 'of an earlier run\n');
  using renderers = await openRenderers(world, wishes('json=a=b.jsonl'));
  say(renderers, 'hello');
  const file = readFileSync(join(world.cwd, 'a=b.jsonl'), 'utf8');
  expect(file).toBe(`${JSON.stringify(note('hello'))}\n`);
});

test('a run of a series adds to the file of the run before', async () => {
  const world = testWorld();
  for (const adds of [false, true]) {
    using renderers = await openRenderers(world, { ...wishes('plain=log.txt'), adds });
    say(renderers, adds ? 'second' : 'first');
  }
  expect(readFileSync(join(world.cwd, 'log.txt'), 'utf8')).toBe('first\nsecond\n');
});

test('a file that takes no more is told of once, and the run goes on', async () => {
  const world = testWorld();
  // Every write to /dev/full ends in ENOSPC, as on a full disk.
  symlinkSync('/dev/full', join(world.cwd, 'events.jsonl'));
  using renderers = await openRenderers(world, wishes('json=events.jsonl', 'plain'));
  say(renderers, 'one');
  say(renderers, 'two');
  expect(world.printed.stdout).toBe('one\ntwo\n');
  expect(world.printed.stderr).toMatch(
    /^rtops: --reporter: .*events\.jsonl ends early: ENOSPC.*\n$/,
  );
});

test.each([
  { asked: wishes('plain'), on: 'stdout' },
  { asked: wishes('json=events.jsonl'), on: 'stdout' },
  { asked: wishes('json'), on: 'stderr' },
  { asked: wishes('json', 'quiet'), on: 'stderr' },
  { asked: { ...wishes('json'), json: true }, on: 'stderr' },
  { asked: { ...wishes(), json: true }, on: 'stderr' },
  { asked: wishes('quiet'), on: 'nowhere' },
])('the summary of $asked goes to $on: JSON on stdout stays JSON', async ({ asked, on }) => {
  const world = testWorld();
  using renderers = await openRenderers(world, asked);
  const { summaryOn } = renderers;
  expect(summaryOn === null ? 'nowhere' : summaryOn === world.stdout ? 'stdout' : 'stderr').toBe(
    on,
  );
});
