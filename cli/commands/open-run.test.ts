import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { openRun } from './open-run.ts';

const { scenario, topology } = sampleReport();

describe('a run that never began', () => {
  test('leaves no folder behind', async () => {
    const world = testWorld();
    const dir = join(world.cwd, 'run');
    await openRun(world, dir).close();
    expect(existsSync(dir)).toBe(false);
  });

  test('leaves the folder that was there before it, empty as it was', async () => {
    const world = testWorld();
    const dir = join(world.cwd, 'mine');
    mkdirSync(dir);
    const run = openRun(world, dir);
    run.record({ kind: 'note', t: 0, text: 'about to start' });
    await run.close();
    expect(readdirSync(dir)).toEqual([]);
  });
});

test('a run that began keeps its folder', async () => {
  const world = testWorld();
  const run = openRun(world, join(world.cwd, 'run'));
  run.writeDocuments(scenario, topology);
  await run.close();
  await run.close();
  expect(readdirSync(run.dir).toSorted()).toEqual([
    ...['events.jsonl', 'history', 'scenario.yaml', 'topology.yaml'],
  ]);
});

test('a folder that holds something is refused and left alone', () => {
  const world = testWorld();
  writeFileSync(join(world.cwd, 'notes.txt'), 'mine');
  expect(() => openRun(world, world.cwd)).toThrow(
    expect.objectContaining({ code: exitCode.usage }),
  );
  expect(readdirSync(world.cwd)).toEqual(['notes.txt']);
});

test('a run whose folder is removed moves once, with what is left', async () => {
  const world = testWorld();
  const run = openRun(world, join(world.cwd, 'run'));
  run.writeDocuments(scenario, topology);
  expect(run.moveElsewhere('it was removed', 'all')).toBe(true);
  try {
    expect(run.moved).toEqual({ from: join(world.cwd, 'run'), why: 'it was removed' });
    expect(readdirSync(run.dir)).toContain('scenario.yaml');
    expect(run.moveElsewhere('again', 'all')).toBe(false);
    await run.close();
  } finally {
    rmSync(run.dir, { recursive: true });
  }
});
