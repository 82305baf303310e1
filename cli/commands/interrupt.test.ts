import { expect, test } from 'vitest';

import { testWorld } from '../system/testing/test-world.ts';
import { listenForInterrupt } from './interrupt.ts';

/** A world whose two clocks are set by hand. */
function pressing() {
  const at = { ms: 1000, wallMs: 5_000_000 };
  const world = testWorld();
  const clock = {
    ...world.clock,
    now: () => at.wallMs,
    monotonicNs: () => BigInt(at.ms) * 1_000_000n,
  };
  const interrupt = listenForInterrupt({ ...world, clock });
  const heard: string[] = [];
  interrupt.onFirst(() => heard.push('first'));
  interrupt.onSecond(() => heard.push('second'));
  return { at, heard, interrupt, press: () => world.interrupt() };
}

test('the second counts half a second after the first, not before', () => {
  const { at, heard, interrupt, press } = pressing();
  expect(interrupt.asked).toBe(false);
  press();
  at.ms += 499;
  press();
  expect([interrupt.asked, heard]).toEqual([true, ['first']]);
  at.ms += 1;
  press();
  expect(heard).toEqual(['first', 'second']);
});

test('a wall clock that is set back in between does not swallow the second', () => {
  const { at, heard, press } = pressing();
  press();
  at.wallMs -= 3_600_000;
  at.ms += 600;
  press();
  expect(heard).toEqual(['first', 'second']);
});

test('who asks late is told at once what came already', () => {
  const { at, heard, interrupt, press } = pressing();
  press();
  interrupt.onFirst(() => heard.push('late first'));
  interrupt.onSecond(() => heard.push('late second'));
  expect(heard).toEqual(['first', 'late first']);
  at.ms += 600;
  press();
  interrupt.onSecond(() => heard.push('latest second'));
  expect(heard.slice(2)).toEqual(['second', 'late second', 'latest second']);
});

test('a part that is over hears nothing more; the command does', () => {
  const { heard, interrupt, press } = pressing();
  const over = interrupt.within();
  over.onFirst(() => heard.push('of the part that is over'));
  over[Symbol.dispose]();
  interrupt.within().onFirst(() => heard.push('of the part'));
  press();
  expect(heard).toEqual(['first', 'of the part']);
  interrupt[Symbol.dispose]();
  press();
  expect(heard).toHaveLength(2);
});
