import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { memoryLog } from '../log/memory-log.ts';
import type { LogPage, RoomLog } from '../log/room-log.ts';
import type { ChatSocket } from './chat-socket.ts';
import { comeBack } from './come-back.ts';
import { oneByOne } from './one-by-one.ts';
import { roomView, type RoomView } from './room-view.ts';

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A log with `count` messages in `r`, and the view that has shown them all, with none at hand. */
async function scene(count: number): Promise<{ log: RoomLog; view: RoomView; epoch: string }> {
  const log = memoryLog(100_000);
  for (const n of range(1, count)) {
    await log.append({ room: 'r', sender: 's', id: `m${n}`, body: '' });
  }
  const { epoch } = await log.heads([]);
  return { log, epoch, view: roomView('r', { epoch, head: count }, log, () => {}) };
}

/** A connection whose client takes nothing until it is told to. */
function connection() {
  const conn = Object.assign(new EventEmitter(), {
    writeBuffer: [] as object[],
    readyState: 'open',
  });
  const socket = { connected: true, conn };
  return {
    conn,
    chat: socket as unknown as ChatSocket,
    write: () => conn.writeBuffer.push({}),
    take: () => {
      conn.writeBuffer = [];
      conn.emit('drain');
    },
    cut: () => {
      conn.readyState = 'closed';
      socket.connected = false;
      conn.emit('close');
    },
  };
}

/** Resolves when somebody waits for the client. */
const waitedFor = async ({ conn }: ReturnType<typeof connection>): Promise<void> => {
  if (conn.listenerCount('drain') === 0) await once(conn, 'newListener');
};

describe('a member that comes back', () => {
  test('has a page in its queue and no more until its client takes it, over all its rooms', async () => {
    const { log, view, epoch } = await scene(1800);
    const other = roomView('r', { epoch, head: 1800 }, log, () => {});
    const client = connection();
    const got: number[] = [];
    const paging = oneByOne();
    const back = (one: RoomView) =>
      comeBack({
        ...{ socket: client.chat, view: one, seen: { epoch, seq: 0 }, log, paging },
        rewrite: ({ seq }) => {
          if (one === view) got.push(seq);
          client.write();
        },
      });
    const both = Promise.all([back(view), back(other)]);
    let mostQueued = 0;
    for (let page = 0; page < 7; page += 1) {
      await waitedFor(client);
      mostQueued = Math.max(mostQueued, client.conn.writeBuffer.length);
      expect([view.members.size, other.members.size]).not.toEqual([1, 1]);
      client.take();
    }
    const ends = await both;
    expect(ends).toEqual([
      { seq: 1800, isWhole: true },
      { seq: 1800, isWhole: true },
    ]);
    expect(mostQueued).toBe(500);
    expect(got).toEqual(range(1, 1800));
    expect([view.members.size, other.members.size]).toEqual([1, 1]);
  });

  test('and goes again before it took anything leaves nothing behind', async () => {
    const { log, view, epoch } = await scene(1800);
    const client = connection();
    let written = 0;
    const ended = comeBack({
      ...{ socket: client.chat, view, seen: { epoch, seq: 0 }, log, paging: oneByOne() },
      rewrite: () => {
        written += 1;
        client.write();
      },
    });
    await waitedFor(client);
    client.cut();
    expect(await ended).toMatchObject({ isWhole: false });
    expect(written).toBeLessThanOrEqual(1000);
    expect(view.members.size).toBe(0);
    expect([client.conn.listenerCount('drain'), client.conn.listenerCount('close')]).toEqual([
      0, 0,
    ]);
  });

  test('and goes again has no page read for the rooms whose turn had not come', async () => {
    const { log, view, epoch } = await scene(1800);
    const client = connection();
    client.write();
    let reads = 0;
    const paging = oneByOne();
    const counting: RoomLog = {
      ...log,
      read: (...asked) => {
        reads += 1;
        return log.read(...asked);
      },
    };
    const ended = Promise.all(
      range(1, 100).map(() =>
        comeBack({
          ...{ socket: client.chat, view, seen: { epoch, seq: 0 }, log: counting, paging },
          rewrite: () => client.write(),
        }),
      ),
    );
    await waitedFor(client);
    client.cut();
    for (const { isWhole } of await ended) expect(isWhole).toBe(false);
    expect(reads).toBe(0);
  });

  test.each<[string, (view: RoomView, page: LogPage) => LogPage]>([
    [
      'a new epoch began while its page was read',
      (view, page) => {
        view.restart({ epoch: 'next', head: 2 });
        return page;
      },
    ],
    ['the page is of another epoch', (_view, page) => ({ ...page, epoch: 'next' })],
    ['the page is empty', (_view, page) => ({ ...page, entries: [] })],
    [
      'one is missing in the middle',
      (_view, page) => ({ ...page, entries: page.entries.filter(({ seq }) => seq !== 7) }),
    ],
  ])('is a member, but not whole, when %s', async (_name, spoil) => {
    const { log, view, epoch } = await scene(20);
    const client = connection();
    const got: number[] = [];
    const end = await comeBack({
      ...{ socket: client.chat, view, seen: { epoch, seq: 0 }, paging: oneByOne() },
      log: {
        ...log,
        read: async (room, after, limit) => spoil(view, await log.read(room, after, limit)),
      },
      rewrite: ({ seq }) => got.push(seq),
    });
    expect(end).toEqual({ seq: view.last(), isWhole: false });
    expect(view.members.size).toBe(1);
    if (view.last() === 20) expect(got).toEqual([]);
  });

  test.each([
    ['has seen all', 20, true],
    ['has seen more than there is', 21, false],
  ])('that %s is told so', async (_name, seq, isWhole) => {
    const { log, view, epoch } = await scene(20);
    const end = await comeBack({
      ...{ socket: connection().chat, view, seen: { epoch, seq }, log, paging: oneByOne() },
      rewrite: () => {
        throw new Error('nothing is missing');
      },
    });
    expect(end).toEqual({ seq: 20, isWhole });
  });
});
