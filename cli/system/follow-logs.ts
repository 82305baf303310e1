/** Prints lines as services write them. */
import type { World } from '../world.ts';
import { followFromStart } from './log-follower.ts';
import type { LogFollower } from './log-follower.ts';
import { serviceLog } from './service-log.ts';

export type FollowOptions = {
  readonly logsDir: string;
  /** Asked again at each look: a service may write its first line later. */
  readonly names: () => readonly string[];
  /** Those whose log was looked at already; any other is read from its start. */
  readonly followers: ReadonlyMap<string, LogFollower>;
  readonly print: (name: string, line: string) => void;
  /** Lines of this log may be missing: it was emptied, and there is no copy, or not of all. */
  readonly warn: (name: string) => void;
  readonly signal: AbortSignal;
};

const lookEveryMs = 100;

/** Resolves when the signal fires, after a last look, or when nobody reads stdout any more. */
export async function followLogs(
  world: World,
  { logsDir, names, followers: begun, print, warn, signal }: FollowOptions,
): Promise<void> {
  const followers = new Map(begun);
  const look = () => {
    for (const name of names()) {
      const follower = followers.get(name) ?? followFromStart(serviceLog(logsDir, name));
      followers.set(name, follower);
      const { lines, mayMiss } = follower.next();
      for (const line of lines) print(name, line);
      if (mayMiss) warn(name);
    }
  };
  while ((await world.stdout.refusal?.()) === undefined) {
    look();
    if (signal.aborted) {
      for (const [name, follower] of followers) {
        const rest = follower.unfinished();
        if (rest !== '') print(name, rest);
      }
      return;
    }
    await world.clock.sleep(lookEveryMs, signal).catch(() => undefined);
  }
}
