import { describe, expect, test } from 'vitest';
import { memoryLog } from '../log/memory-log.ts';
import type { RoomLog } from '../log/room-log.ts';
import { roomView, type RoomView } from './room-view.ts';

const start = { epoch: 'e', head: 0 };

type Scene = { readonly log: RoomLog; readonly view: RoomView; readonly shown: number[] };

/** A view at 0 over a log that holds `count` messages and has told nothing. */
async function scene(count: number, keep = 10_000): Promise<Scene> {
  const log = memoryLog(keep);
  for (let n = 1; n <= count; n += 1) {
    await log.append({ room: 'r', sender: 's', id: `m${n}`, body: '' });
  }
  const shown: number[] = [];
  return { log, shown, view: roomView('r', start, log, (_view, { seq }) => shown.push(seq)) };
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a room on a node', () => {
  test('shows what arrives in order, once', async () => {
    const { view, shown } = await scene(3);
    for (const seq of [1, 2, 2, 1, 3]) view.arrived(seq, '{}');
    expect(shown).toEqual([1, 2, 3]);
  });

  test('fills a hole from the log before it goes on', async () => {
    const { view, shown } = await scene(6);
    for (const seq of [1, 4, 6, 5]) view.arrived(seq, '{}');
    expect(shown).toEqual([1]);
    await view.catchUp(6);
    expect(shown).toEqual(range(1, 6));
  });

  test('finds a silent gap when it hears of the head', async () => {
    const { view, shown } = await scene(1200);
    await Promise.all([view.catchUp(1200), view.catchUp(700)]);
    expect(shown).toEqual(range(1, 1200));
  });

  test('has the latest at hand, as the log holds them, and nothing with a hole', async () => {
    const { view, log } = await scene(200);
    await view.catchUp(200);
    expect(view.recent(200)).toEqual([]);
    expect(view.recent(180)).toEqual((await log.read('r', 180, 100)).entries);
    expect(view.recent(100)).toBeUndefined();
    view.forgetRecent();
    expect(view.recent(199)).toBeUndefined();
    expect(view.recent(200)).toEqual([]);
    view.restart({ epoch: 'f', head: 3 });
    expect(view.recent(2)).toBeUndefined();
    expect([view.epoch(), view.last()]).toEqual(['f', 3]);
  });

  test('keeps the order while messages arrive during a fill', async () => {
    const { view, shown, log } = await scene(600);
    const filling = view.catchUp(600);
    for (let n = 601; n <= 605; n += 1) {
      await log.append({ room: 'r', sender: 's', id: `m${n}`, body: '' });
      view.arrived(n, '{}');
    }
    await filling;
    await view.catchUp(605);
    expect(shown).toEqual(range(1, 605));
  });

  test('goes on behind what was trimmed away', async () => {
    const { view, shown } = await scene(100, 10);
    await view.catchUp(100);
    expect(shown.at(-1)).toBe(100);
    expect(shown.length).toBeLessThan(15);
  });

  test('notices that the log holds another message where it showed one', async () => {
    const { log } = await scene(2);
    const other = memoryLog(100);
    await other.append({ room: 'r', sender: 's', id: 'm1', body: '' });
    await other.append({ room: 'r', sender: 's', id: 'not m2', body: '' });
    const { entries } = await log.read('r', 0, 2);
    for (const [store, agrees] of [
      [log, true],
      [other, false],
    ] as const) {
      const view = roomView('r', start, store, () => {});
      for (const { seq, json } of entries) view.arrived(seq, json);
      expect(await view.agrees()).toBe(agrees);
    }
  });

  test('takes a removed message for the same', async () => {
    const { log, view } = await scene(1);
    await view.catchUp(1);
    await log.remove('r', 1);
    expect(await view.agrees()).toBe(true);
  });
});
