import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { RefusalCode, SendAck } from '../contract.ts';
import { outbox, SendFailed } from './outbox.ts';

const request = (id: string, room = 'r') => ({ id, room, body: '' });
const stored = (seq: number): SendAck => ({ ok: true, seq, at: 7 });
const refused = (code: RefusalCode): SendAck => ({
  ...{ ok: false, code, message: code, retryAfterMs: 1 },
});
type Answer = SendAck | undefined;

/** An outbox whose tries are answered in turn; the last answer stays. */
function scene(answers: readonly Answer[], withinMs = 5000) {
  const tried: string[] = [];
  const state = { isIn: true, isClosed: false };
  const out = outbox({
    ask: async ({ id }) => {
      tried.push(id);
      // As on a connection: an answer takes a turn of the loop.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return answers[Math.min(tried.length, answers.length) - 1];
    },
    isIn: () => state.isIn,
    untilUp: () =>
      new Promise((resolve) => {
        setTimeout(resolve, 5);
      }),
    isClosed: () => state.isClosed,
    withinMs,
  });
  return { out, tried, state };
}

describe('a message', () => {
  test.each<[string, readonly Answer[], number]>([
    ['at once', [stored(1)], 1],
    ['after no answer', [undefined, stored(1)], 2],
    ['after the store was away', [refused('UNAVAILABLE'), stored(1)], 2],
    ['when there were too many', [refused('RATE_LIMITED'), refused('RATE_LIMITED'), stored(1)], 3],
  ])('is sent %s, always with its id', async (_name, answers, tries) => {
    const { out, tried } = scene(answers);
    expect(await out.send(request('m1'))).toEqual({ id: 'm1', seq: 1, at: 7 });
    expect(tried).toEqual(Array.from({ length: tries }, () => 'm1'));
  });

  test.each<[string, readonly Answer[], SendFailed['kind']]>([
    ['is malformed', [refused('BAD_REQUEST')], 'refused'],
    ['had no answer, and is refused then', [undefined, refused('FORBIDDEN')], 'unknown'],
    [
      'was perhaps stored, and is refused then',
      [refused('UNAVAILABLE'), refused('FORBIDDEN')],
      'unknown',
    ],
    ['was one too many all the time', [refused('RATE_LIMITED')], 'refused'],
    ['was one too many after no answer', [undefined, refused('RATE_LIMITED')], 'unknown'],
    ['had no answer all the time', [undefined], 'unknown'],
    ['found the store away all the time', [refused('UNAVAILABLE')], 'unknown'],
  ])('that %s fails, and its sender knows what is known', async (_name, answers, kind) => {
    const { out } = scene(answers, 60);
    const failure = await out.send(request('m1')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SendFailed);
    expect(failure).toMatchObject({ kind, id: 'm1' });
  });

  test('whose room never comes up did not leave', async () => {
    const { out, tried, state } = scene([stored(1)], 30);
    state.isIn = false;
    await expect(out.send(request('m1'))).rejects.toMatchObject({ kind: 'unsent' });
    expect(tried).toEqual([]);
  });

  test('of a client that is closed is given up at once', async () => {
    const { out, state } = scene([undefined], 60_000);
    const sent = out.send(request('m1'));
    state.isClosed = true;
    await expect(sent).rejects.toMatchObject({ kind: 'unsent' });
  });

  test.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('is tried for as long as it should when the clock is set %s', async (_name, byMs) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { out, tried } = scene([undefined], 60);
    const startedAt = performance.now();
    const sent = out.send(request('m1'));
    vi.setSystemTime(Date.now() + byMs);
    await expect(sent).rejects.toMatchObject({ kind: 'unknown' });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60);
    expect(tried.length).toBeGreaterThan(0);
  });

  test('waits for the one before it in its room, and for no other', async () => {
    const { out, tried } = scene([undefined, undefined, undefined, stored(1)]);
    await Promise.all([
      out.send(request('m1')),
      out.send(request('m2')),
      out.send(request('q1', 'q')),
    ]);
    expect(tried.filter((id) => id !== 'q1')).toEqual([...tried.filter((id) => id === 'm1'), 'm2']);
    expect(tried.indexOf('q1')).toBeLessThan(tried.indexOf('m2'));
  });

  test('that failed holds up none', async () => {
    const { out } = scene([refused('BAD_REQUEST'), stored(1)]);
    const [first, second] = await Promise.allSettled([
      out.send(request('m1')),
      out.send(request('m2')),
    ]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  });
});
