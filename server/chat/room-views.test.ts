import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { memoryLog } from '../log/memory-log.ts';
import { LogUnavailable, type RoomLog } from '../log/room-log.ts';
import type { ChatSocket } from './chat-socket.ts';
import { roomViews, type RoomViews } from './room-views.ts';

const logger = pino({ level: 'silent' });

type Scene = {
  readonly views: RoomViews;
  /** Rooms the log was asked to follow, and is following. */
  readonly followed: Set<string>;
  /** What was told of restarts: the room, and the epoch that it counts in now. */
  readonly restarts: (readonly [string, string, number])[];
  readonly renewals: string[];
  /** What the log says from now on in place of the truth. */
  readonly says: { heads?: RoomLog['heads'] };
};

function scene(log = memoryLog(100)): Scene {
  const followed = new Set<string>();
  const restarts: Scene['restarts'] = [];
  const renewals: string[] = [];
  const says: Scene['says'] = {};
  const views = roomViews({
    logger,
    log: {
      ...log,
      heads: (rooms) => (says.heads ?? log.heads)(rooms),
      follow: async (room) => void followed.add(room),
      unfollow: (room) => void followed.delete(room),
      renewEpoch: (old) => {
        renewals.push(old);
        return log.renewEpoch(old);
      },
    },
    shown: () => {},
    restarted: (view) => restarts.push([view.room, view.epoch(), view.last()]),
  });
  return { views, followed, restarts, renewals, says };
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const away = (): Promise<never> => Promise.reject(new LogUnavailable('away'));
const sent = (log: RoomLog, room: string): Promise<unknown> =>
  log.append({ room, sender: 's', id: crypto.randomUUID(), body: '' });

/** A clock that goes when a test says so. */
function clock(): (forwardMs: number) => void {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return (ms) => void vi.advanceTimersByTime(ms);
}

describe('a room', () => {
  test('that could not be opened is followed no longer, and opens at the next try', async () => {
    const { views, followed, says } = scene();
    says.heads = away;
    await expect(views.entering('r', () => {})).rejects.toThrow('away');
    expect([...followed]).toEqual([]);
    delete says.heads;
    await views.entering('r', () => {});
    expect([...followed]).toEqual(['r']);
  });

  test('is forgotten 5 s after it was found empty, unless somebody is in it or on the way in', async () => {
    const forward = clock();
    const { views, followed } = scene();
    const after = (ms: number): readonly string[] => {
      forward(ms);
      views.sweep();
      return [...followed];
    };
    const member = {} as ChatSocket;
    const arrival = Promise.withResolvers<void>();
    await views.entering('empty', () => {});
    await views.entering('full', (view) => void view.members.add(member));
    const entering = views.entering('awaited', () => arrival.promise);
    await views.entering('awaited', () => {});
    expect(after(0)).toEqual(['empty', 'full', 'awaited']);
    expect(after(4900)).toEqual(['empty', 'full', 'awaited']);
    expect(after(200)).toEqual(['full', 'awaited']);
    expect(after(60_000)).toEqual(['full', 'awaited']);
    arrival.resolve();
    await entering;
    views.get('full')?.members.clear();
    expect(after(0)).toEqual(['full', 'awaited']);
    expect(after(5000)).toEqual([]);
    expect(views.get('full')).toBeUndefined();
  });
});

describe('a new epoch', () => {
  /** A log that has lost what it held, and whose nodes have not noticed. */
  async function lost(count: number) {
    const log = memoryLog(100);
    const rooms = numbers(count).map((n) => `r${n}`);
    for (const room of rooms) await sent(log, room);
    const all = scene(log);
    await Promise.all(rooms.map((room) => all.views.entering(room, () => {})));
    const empty = async (asked: readonly string[]) => ({
      epoch: (await log.heads([])).epoch,
      heads: asked.map(() => 0),
    });
    return { ...all, log, rooms, empty };
  }

  test('is one for all rooms that were lost, and each is restarted in it once', async () => {
    const { views, says, restarts, renewals, log, rooms, empty } = await lost(250);
    says.heads = empty;
    views.interrupted();
    await expect.poll(() => restarts.length).toBe(250);
    views.interrupted();
    await views.entering('another', () => {});
    const { epoch } = await log.heads([]);
    expect(new Set(restarts.map(([room]) => room))).toEqual(new Set(rooms));
    expect(restarts).toHaveLength(rooms.length);
    for (const [, began, head] of restarts) expect([began, head]).toEqual([epoch, 0]);
    expect(new Set(renewals).size).toBe(1);
  });

  test('reaches every room though the log goes away right after it was noticed', async () => {
    const { views, says, restarts, log, rooms } = await lost(3);
    await log.renewEpoch(await views.epoch());
    const { epoch } = await log.heads([]);
    let answers = 1;
    says.heads = (asked) => (answers-- > 0 ? log.heads(asked) : away());
    // The one who enters notices; the log is away when the other rooms are asked for.
    await views.entering('r0', (view) => expect([view.epoch(), view.last()]).toEqual([epoch, 1]));
    await expect.poll(() => answers).toBeLessThan(0);
    expect(restarts).toEqual([['r0', epoch, 1]]);
    delete says.heads;
    views.sweep();
    await expect.poll(() => restarts.length).toBe(3);
    expect(restarts.map(([room]) => room)).toEqual(rooms);
    for (const [, began, head] of restarts) expect([began, head]).toEqual([epoch, 1]);
  });

  test('stands, though an answer from before it comes late', async () => {
    const { views, says, restarts, log } = await lost(1);
    const before = await log.heads(['r0']);
    const late = Promise.withResolvers<typeof before>();
    const asked = Promise.withResolvers<void>();
    says.heads = () => {
      asked.resolve();
      return late.promise;
    };
    const entering = views.entering('r0', (view) => view.epoch());
    await asked.promise;
    delete says.heads;
    await log.renewEpoch(before.epoch);
    views.interrupted();
    await expect.poll(() => restarts.length).toBe(1);
    late.resolve(before);
    const { epoch } = await log.heads([]);
    expect(await entering).toBe(epoch);
    expect(await views.epoch()).toBe(epoch);
    expect(restarts).toEqual([['r0', epoch, 1]]);
  });

  test('is not seen where the log goes on as it was: the negative control', async () => {
    const { views, restarts, renewals, log } = await lost(3);
    for (const room of ['r0', 'r1']) await sent(log, room);
    views.interrupted();
    await views.entering('r0', (view) => expect(view.last()).toBe(2));
    expect([restarts, renewals]).toEqual([[], []]);
  });
});
