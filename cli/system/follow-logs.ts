/** Prints lines as services write them. */
import type { World } from '../world.ts';
import { readFrom, serviceLog } from './service-log.ts';

export type FollowOptions = {
  readonly logsDir: string;
  /** Asked again at each look: a service may write its first line later. */
  readonly names: () => readonly string[];
  /** Per log the byte up to which it was printed. */
  readonly seen: ReadonlyMap<string, number>;
  readonly print: (name: string, line: string) => void;
  readonly signal: AbortSignal;
};

const lookEveryMs = 100;

/** Resolves when the signal fires or nobody reads stdout any more. */
export async function followLogs(
  world: World,
  { logsDir, names, seen, print, signal }: FollowOptions,
): Promise<void> {
  const ends = new Map(seen);
  const unfinished = new Map<string, string>();
  while (!signal.aborted && (await world.stdout.refusal?.()) === undefined) {
    for (const name of names()) {
      const { text, end } = readFrom(serviceLog(logsDir, name), ends.get(name) ?? 0);
      ends.set(name, end);
      const lines = ((unfinished.get(name) ?? '') + text).split('\n');
      unfinished.set(name, lines.pop() ?? '');
      for (const line of lines) print(name, line);
    }
    await world.clock.sleep(lookEveryMs, signal).catch(() => undefined);
  }
}
