/**
 * Questions for heads that come in one turn of the loop go to the log as one: when a node dies,
 * thousands of its clients ask another one at the same time.
 */
import type { RoomLog } from '../log/room-log.ts';

/** The newest seq of a room's log, and the epoch it counts in. */
export type LogHead = { readonly epoch: string; readonly head: number };

/** What it answers was asked of the log after the call. Without a room: the epoch alone. */
export function askHeads(log: Pick<RoomLog, 'heads'>): (room?: string) => Promise<LogHead> {
  type Batch = {
    /** Room to its place in the question. */
    readonly places: Map<string, number>;
    readonly answer: Promise<{ readonly epoch: string; readonly heads: readonly number[] }>;
  };
  let open: Batch | undefined;
  const newBatch = (): Batch => {
    const places = new Map<string, number>();
    const answer = new Promise<void>((resolve) => {
      setImmediate(resolve);
    }).then(() => {
      open = undefined;
      return log.heads([...places.keys()]);
    });
    return { places, answer };
  };
  return async (room) => {
    const { places, answer } = (open ??= newBatch());
    let place = -1;
    if (room !== undefined) {
      place = places.get(room) ?? places.size;
      places.set(room, place);
    }
    const { epoch, heads } = await answer;
    return { epoch, head: heads[place] ?? 0 };
  };
}
