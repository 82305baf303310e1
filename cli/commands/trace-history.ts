/** What the users of a run wrote down about one message, from the files of its folder. */
import { historyBytes } from '../load/history-bytes.ts';
import { historyFiles } from '../load/history-files.ts';
import { createHistoryReader } from '../samples/history-reader.ts';
import { parseMessageId } from '../samples/history.ts';
import { createMessageHistory } from '../trace/message-history.ts';
import type { MessageHistory } from '../trace/message-history.ts';

export type UsersRecords = {
  readonly history: MessageHistory;
  /**
   * Until when there are records of all who write some, µs since run start: each load worker hands
   * over its own once a second. 0 without any.
   */
  readonly untilUs: number;
};

/** `undefined`: the id is none that the engine gives, or the run has no history. */
export async function readUsersRecords(
  historyDir: string,
  id: string,
): Promise<UsersRecords | undefined> {
  const key = parseMessageId(id);
  if (key === undefined) return undefined;
  const history = createMessageHistory(key);
  const ends: number[] = [];
  try {
    for (const file of await historyFiles(historyDir)) {
      const reader = createHistoryReader();
      for (const piece of historyBytes(file)) reader.read(piece, history.note);
      if (reader.records > 0) ends.push(reader.lastAtUs);
    }
  } catch {
    // A run folder without its history: the logs may still know the message.
    return undefined;
  }
  return { history, untilUs: ends.length === 0 ? 0 : Math.min(...ends) };
}
