/**
 * The way back into a room: what the member missed, read at the pace at which its client takes it,
 * then membership, with nothing between them and nothing twice.
 */
import type { LogEntry, RoomLog } from '../log/room-log.ts';
import type { ChatSocket } from './chat-socket.ts';
import { isTrimmed } from './log-page.ts';
import type { OneByOne } from './one-by-one.ts';
import type { RoomView } from './room-view.ts';
import { taken } from './slow-client.ts';

const pageSize = 500;

type Return = {
  readonly socket: ChatSocket;
  readonly view: RoomView;
  /** Up to where the client has seen the room, and under which epoch. */
  readonly seen: { readonly epoch: string; readonly seq: number };
  readonly log: RoomLog;
  /** One for all rooms of the client: never more than two pages of them wait in its queue. */
  readonly paging: OneByOne;
  readonly rewrite: (entry: LogEntry) => void;
};

/** `seq`: from where on the room comes live. `isWhole`: everything below it that it lacked was written. */
export async function comeBack({
  socket,
  view,
  seen,
  log,
  paging,
  rewrite,
}: Return): Promise<{ readonly seq: number; readonly isWhole: boolean }> {
  let after = seen.seq;
  const isLost = (): boolean => view.epoch() !== seen.epoch || after > view.last();

  const writePage = async (): Promise<number | undefined> => {
    await taken(socket);
    // Its other rooms wait behind this one: none of them is read for a client that is gone.
    if (!socket.connected) return undefined;
    const page = await log.read(view.room, after, pageSize);
    if (page.epoch !== seen.epoch || isTrimmed(page, after)) return undefined;
    // What the view has not shown yet will come live.
    const due = page.entries.filter(({ seq }) => seq <= view.last());
    for (const entry of due) rewrite(entry);
    return due.at(-1)?.seq;
  };

  while (!isLost() && after < view.last() && socket.connected) {
    const recent = view.recent(after);
    for (const entry of recent ?? []) rewrite(entry);
    const reached = recent === undefined ? await paging(writePage) : view.last();
    if (reached === undefined) break;
    after = reached;
  }
  // In the same turn as the last look at the view, or a message would slip through between them.
  if (socket.connected) view.members.add(socket);
  return { seq: view.last(), isWhole: !isLost() && after === view.last() };
}
