/** Reading pages of the log. */
import type { ChatMessage, HistoryAck } from '../contract.ts';
import type { LogEntry, LogPage, RoomLog } from '../log/room-log.ts';

/**
 * Whether some of the messages above `after` are no longer in the log: a replay would have a hole.
 * Not at its beginning only: a removed message is kept apart, and may outlive its neighbours.
 */
export function isTrimmed(page: LogPage, after: number): boolean {
  if (page.head <= after) return false;
  return page.entries.length === 0 || page.entries.some(({ seq }, i) => seq !== after + 1 + i);
}

function parsed(entry: LogEntry): ChatMessage {
  return JSON.parse(entry.json) as ChatMessage;
}

/** One page of a room's messages, as `chat:history` answers it. */
export async function readHistory(
  log: RoomLog,
  room: string,
  after: number,
  limit: number,
): Promise<Exclude<HistoryAck, { ok: false }>> {
  const page = await log.read(room, after, limit);
  return { ok: true, epoch: page.epoch, messages: page.entries.map(parsed), head: page.head };
}
