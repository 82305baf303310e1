/**
 * One room as this node shows it to its local members: every message of the log, once, in order.
 * Live messages arrive from the log's channel; whatever is missing between them is read from it.
 */
import type { LogEntry, RoomLog } from '../log/room-log.ts';
import type { LogHead } from './ask-heads.ts';
import type { ChatSocket } from './chat-socket.ts';

/** Messages read from the log at a time. */
const pageSize = 500;
/** Messages kept at hand for members that come right back: they need no question to the log. */
const recentKept = 32;

export type RoomView = {
  readonly room: string;
  /** Connections of this node that see the room. */
  readonly members: Set<ChatSocket>;
  /** The numbering that its seqs belong to. */
  epoch(): string;
  /** The seq of the last message shown; everything above it is still to come. */
  last(): number;
  /** A message from the channel: may be early, late, or a repeat. */
  arrived(seq: number, json: string): void;
  /** Shows everything up to `head`, from the log where it did not arrive. */
  catchUp(head: number): Promise<void>;
  /** Whether the log still holds, at `last`, the message that was shown there. */
  agrees(): Promise<boolean>;
  /** Everything above `after` that was shown; `undefined` when that is not at hand. */
  recent(after: number): readonly LogEntry[] | undefined;
  /** A message was emptied, or may have been: what is at hand is no longer what the log holds. */
  forgetRecent(): void;
  /** Starts again at the head of a new epoch; nothing before it is shown. */
  restart(at: LogHead): void;
};

/** @param show called once per message, in order of seq. */
export function roomView(
  room: string,
  at: LogHead,
  log: RoomLog,
  show: (view: RoomView, entry: LogEntry) => void,
): RoomView {
  let { epoch, head: last } = at;
  let lastShown: LogEntry | undefined;
  /** The last messages shown, without holes, up to twice `recentKept`. */
  let recent: LogEntry[] = [];
  /** Messages that came before one they must follow. */
  const early = new Map<number, string>();
  let filling: Promise<void> | undefined;
  let generation = 0;

  const advance = (entry: LogEntry): void => {
    if (entry.seq !== last + 1) recent = [];
    last = entry.seq;
    lastShown = entry;
    recent.push(entry);
    if (recent.length === 2 * recentKept) recent = recent.slice(recentKept);
    show(view, entry);
  };

  const advanceThroughEarly = (): void => {
    for (;;) {
      const json = early.get(last + 1);
      if (json === undefined) return;
      early.delete(last + 1);
      advance({ seq: last + 1, json });
    }
  };

  const fill = async (head: number): Promise<void> => {
    const started = generation;
    while (last < head) {
      const page = await log.read(room, last, pageSize);
      // Restarted meanwhile: what was read belongs to an epoch that is over.
      if (generation !== started || page.entries.length === 0) return;
      for (const entry of page.entries) {
        // Trimmed away in between (more than the log keeps was missed): go on where it starts.
        if (entry.seq > last) advance(entry);
        early.delete(entry.seq);
      }
    }
  };

  const view: RoomView = {
    room,
    members: new Set(),
    epoch: () => epoch,
    last: () => last,
    arrived: (seq, json) => {
      if (seq <= last) return;
      if (seq === last + 1 && filling === undefined) {
        advance({ seq, json });
        if (early.size > 0) advanceThroughEarly();
        return;
      }
      early.set(seq, json);
      // The log being away is no reason to lose it: the next comparison of heads tries again.
      view.catchUp(seq).catch(() => {});
    },
    catchUp: async (head) => {
      while (last < head) {
        if (filling === undefined) {
          filling = fill(head).finally(() => {
            filling = undefined;
            advanceThroughEarly();
          });
        }
        const before = last;
        const asked = generation;
        await filling;
        // Restarted meanwhile: what was filled before that says nothing about what is missing now.
        if (last === before && generation === asked) return;
      }
    },
    agrees: async () => {
      const shown = lastShown;
      if (shown === undefined) return true;
      const asked = generation;
      const [entry] = (await log.read(room, shown.seq - 1, 1)).entries;
      // Restarted meanwhile: what was shown is nobody's any more.
      if (generation !== asked) return true;
      return entry !== undefined && (entry.seq > shown.seq || sameMessage(entry.json, shown.json));
    },
    recent: (after) => {
      const missed = last - after;
      return missed <= recent.length ? recent.slice(recent.length - missed) : undefined;
    },
    forgetRecent: () => {
      recent = [];
    },
    restart: (next) => {
      recent = [];
      generation += 1;
      ({ epoch, head: last } = next);
      lastShown = undefined;
      early.clear();
    },
  };
  return view;
}

/** Apart from the body, which a removal takes away. */
function sameMessage(left: string, right: string): boolean {
  if (left === right) return true;
  const identity = (json: string): string => {
    const { id, sender, at } = JSON.parse(json) as Record<string, unknown>;
    return JSON.stringify([id, sender, at]);
  };
  return identity(left) === identity(right);
}
