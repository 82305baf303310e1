import { describe, expect, test } from 'vitest';
import { historyLimit, type ChatMessage, type HistoryAck } from '../contract.ts';
import { roomFeed } from './room-feed.ts';

type Page = Exclude<HistoryAck, { ok: false }>;

const message = (seq: number): ChatMessage => ({
  ...{ room: 'r', seq, id: `m${seq}`, sender: 's', body: '', at: 0 },
});
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const page = (from: number, to: number, head = to): Page => ({
  ...{ ok: true, epoch: 'e', messages: range(from, to).map(message), head },
});
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A feed whose pages a test brings; `asked` is each page it wanted. */
function scene() {
  const shown: number[] = [];
  const gone: (readonly [number, number])[] = [];
  const asked: { readonly after: number; bring(found: Page | undefined): void }[] = [];
  const feed = roomFeed({
    fetch: (after) => {
      // Asked again at once, for ever, it would hear nobody else: not even the test's end.
      if (asked.length > 100) return new Promise(() => {});
      return new Promise((resolve) => {
        const { length } = asked;
        asked.push({ after, bring: resolve });
        if (length > 0 && asked[length - 1]?.after === after) resolve(undefined);
      });
    },
    show: ({ seq }) => shown.push(seq),
    gone: (from, to) => gone.push([from, to]),
    agrees: (found, last) => found.head >= last,
  });
  feed.startAt(0);
  return { feed, shown, gone, asked };
}

describe('a room as the app sees it', () => {
  test('is in order and once, whatever comes', async () => {
    const { feed, shown, asked } = scene();
    for (const seq of [1, 2, 2, 5, 4, 1]) feed.receive(message(seq));
    expect(shown).toEqual([1, 2]);
    expect(asked.map(({ after }) => after)).toEqual([2]);
    asked[0]?.bring(page(3, 3, 5));
    await turn();
    expect(shown).toEqual([1, 2, 3, 4, 5]);
  });

  test('reads page after page up to the head', async () => {
    const { feed, shown, asked } = scene();
    feed.reach(historyLimit + 5);
    asked[0]?.bring(page(1, historyLimit, historyLimit + 5));
    await turn();
    expect(asked.map(({ after }) => after)).toEqual([0, historyLimit]);
    asked[1]?.bring(page(historyLimit + 1, historyLimit + 5));
    await turn();
    expect(shown).toEqual(range(1, historyLimit + 5));
  });

  test('says what the log no longer has, at its beginning and as a whole', async () => {
    const { feed, shown, gone, asked } = scene();
    feed.reach(9);
    asked[0]?.bring(page(4, 6, 9));
    await turn();
    asked[1]?.bring({ ...page(1, 0), head: 9 });
    await turn();
    expect(shown).toEqual([4, 5, 6]);
    expect(gone).toEqual([
      [1, 3],
      [7, 9],
    ]);
  });

  test('does not ask again and again for what nobody brings, and goes on with what comes', async () => {
    const { feed, shown, asked } = scene();
    feed.receive(message(3));
    asked[0]?.bring(undefined);
    await turn();
    expect(asked).toHaveLength(1);
    feed.receive(message(1));
    feed.receive(message(2));
    asked[1]?.bring(page(2, 2, 3));
    await turn();
    expect(asked.map(({ after }) => after)).toEqual([0, 1]);
    expect(shown).toEqual([1, 2, 3]);
  });

  test('that was left in the middle of a page shows nothing more', async () => {
    const { feed, shown, asked } = scene();
    feed.reach(3);
    feed.hold();
    asked[0]?.bring(page(1, 3));
    await turn();
    expect(shown).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  test('takes any number of messages that came before one they must follow', async () => {
    const { feed, shown, asked } = scene();
    const count = 200_000;
    feed.hold();
    for (const seq of range(2, count)) feed.receive(message(seq));
    feed.startAt(0);
    asked[0]?.bring(page(1, 1, count));
    await turn();
    expect(shown).toHaveLength(count);
  });
});
