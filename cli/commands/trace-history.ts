/** What the users of a run wrote down about one message, from the files of its folder. */
import { stat } from 'node:fs/promises';

import { historyBytes } from '../load/history-bytes.ts';
import { historyFiles } from '../load/history-files.ts';
import { createHistoryReader } from '../samples/history-reader.ts';
import { parseMessageId } from '../samples/history.ts';
import { createMessageHistory } from '../trace/message-history.ts';
import type { MessageHistory } from '../trace/message-history.ts';
import type { TraceGaps } from '../trace/trace-gaps.ts';

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
  // A run folder without its history: the logs may still know the message.
  const files = await historyFiles(historyDir).catch(() => undefined);
  if (files === undefined) return undefined;
  for (const file of files) {
    const reader = createHistoryReader();
    try {
      for (const piece of historyBytes(file)) reader.read(piece, history.note);
    } catch {
      // One that cannot be read is named beside the steps; the others may tell of the message.
    }
    if (reader.records > 0) ends.push(reader.lastAtUs);
  }
  return { history, untilUs: ends.length === 0 ? 0 : Math.min(...ends) };
}

/** Whether the folder holds any record. A file that cannot be looked at may. */
export async function historyState(historyDir: string): Promise<TraceGaps['historyState']> {
  const files = await historyFiles(historyDir).catch((): string[] => []);
  if (files.length === 0) return 'gone';
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 1,
      ),
    ),
  );
  return sizes.every((size) => size === 0) ? 'empty' : 'whole';
}
