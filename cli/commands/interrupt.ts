/** Ctrl-C, twice: the first asks for an orderly end, the second (half a second later or more) for an end. */
import type { World } from '../world.ts';

/** A key held down, or `npx` passing the signal on beside the terminal, counts once. */
const secondAfterMs = 500;

export type Interrupt = {
  /** Whether a first signal came. */
  readonly asked: boolean;
  /** Called at the first signal; at once if it came already. */
  onFirst(handler: () => void): void;
  /** Called at the second signal. */
  onSecond(handler: () => void): void;
  [Symbol.dispose](): void;
};

/** Listens from now until disposed. */
export function listenForInterrupt(world: World): Interrupt {
  const first: (() => void)[] = [];
  const second: (() => void)[] = [];
  let firstAtMs: number | undefined;
  const stop = world.onSignal(() => {
    const nowMs = world.clock.now();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      for (const handler of first) handler();
    } else if (nowMs - firstAtMs >= secondAfterMs) {
      for (const handler of second) handler();
    }
  });
  return {
    get asked() {
      return firstAtMs !== undefined;
    },
    onFirst(handler) {
      first.push(handler);
      if (firstAtMs !== undefined) handler();
    },
    onSecond(handler) {
      second.push(handler);
    },
    [Symbol.dispose]: stop,
  };
}
