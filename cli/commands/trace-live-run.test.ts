/** `rtops trace` beside a run that is being made: what its users wrote down by now. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { bench } from './bench.ts';
import { trace } from './trace.ts';

const options = {
  scenario: undefined,
  topology: 'single',
  rate: '5/s/user',
  stage: ['1s:20', '60s:20'],
  threshold: [],
  defaultThresholds: false,
  set: ['server.traceSample=1'],
  scale: [],
  reporter: ['quiet'],
  json: false,
} satisfies Parameters<typeof bench>[1];

type Traced = {
  readonly notes: readonly string[];
  readonly timelines: readonly {
    readonly steps: readonly { atMs: number; what: string; source: string }[];
  }[];
};

/** Who has a message may look before its server has written that it handed it on. */
const all = [/^sent/m, /^taken/m, /^arrived/m, /^ack: seq/m, /^delivered/m];

/** Once all of it can be told; a run that is about to begin has nothing to tell of. */
async function firstTrace(world: TestWorld, id: string): Promise<Traced> {
  for (;;) {
    const asking = {
      ...world,
      stdout: { ...world.stdout, write: (text: string) => (said = text) },
    };
    let said = '';
    try {
      expect(await trace(asking, { id, run: undefined, json: true })).toBe(exitCode.pass);
      const traced = JSON.parse(said) as Traced;
      const told = traced.timelines[0]?.steps.map(({ what }) => what).join('\n') ?? '';
      if (all.every((step) => step.test(told))) return traced;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
    await sleep(200);
  }
}

test('a run under way: users and servers on one clock, from its start', async () => {
  const world = testWorld();
  const run = bench(world, options);
  onTestFinished(async () => {
    world.interrupt();
    await run;
  });
  const { timelines, notes } = await firstTrace(world, '3.0.0');
  expect(notes.join('\n')).toMatch(
    /^run \S+ is under way: this is from users' records up to \d\d:\d\d:\d\d UTC/,
  );
  const steps = timelines[0]?.steps ?? [];
  const at = (word: string): number => steps.find(({ what }) => what.startsWith(word))?.atMs ?? NaN;
  expect(at('sent')).toBeGreaterThan(0);
  // By one clock: no cause after its effect.
  expect(at('taken')).toBeGreaterThan(at('sent'));
  expect(at('ack')).toBeGreaterThan(at('taken'));
  expect(at('delivered')).toBeGreaterThan(at('arrived'));
});
