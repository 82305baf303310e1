/** Which history files of a run folder are shorter than when the run left them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { readSeal } from './history-files.ts';

type HistoryGap = {
  /** The file's name. */
  readonly name: string;
  readonly keptBytes: number;
  /** `undefined`: it is not there. */
  readonly nowBytes: number | undefined;
};

/** By its seal; none where there is no seal to go by. Lengths only: the bytes are for `rtops verify`. */
export async function historyGaps(dir: string): Promise<readonly HistoryGap[]> {
  const sealed = Object.entries((await readSeal(dir)) ?? {});
  const files = await Promise.all(
    sealed.map(async ([name, { bytes }]) => ({
      name,
      keptBytes: bytes,
      nowBytes: await stat(join(dir, name)).then(
        ({ size }) => size,
        () => undefined,
      ),
    })),
  );
  return files.filter(({ keptBytes, nowBytes }) => nowBytes === undefined || nowBytes < keptBytes);
}
