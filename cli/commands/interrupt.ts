/** Ctrl-C, twice: the first asks for an orderly end, the second (half a second later or more) for an end. */
import type { World } from '../world.ts';

/** A key held down, or `npx` passing the signal on beside the terminal, counts once. */
const secondAfterNs = 500_000_000n;

export type Interrupt = {
  /** Whether a first signal came. */
  readonly asked: boolean;
  /** Called at the first signal; at once if it came already. */
  onFirst(handler: () => void): void;
  /** Called at the second signal and each after it; at once if it came already. */
  onSecond(handler: () => void): void;
  /** The same for a part of the command: when that is disposed of, its handlers are forgotten. */
  within(): Interrupt;
  [Symbol.dispose](): void;
};

/** Listens from now until disposed. */
export function listenForInterrupt(world: World): Interrupt {
  const parts = new Set<Part>();
  let firstAtNs: bigint | undefined;
  let isSecond = false;
  const stop = world.onSignal(() => {
    // Not the wall clock: set back in between, it would swallow the second one.
    const nowNs = world.clock.monotonicNs();
    if (firstAtNs === undefined) {
      firstAtNs = nowNs;
      tell('first');
    } else if (nowNs - firstAtNs >= secondAfterNs) {
      isSecond = true;
      tell('second');
    }
  });

  function tell(which: keyof Part): void {
    for (const handler of [...parts].flatMap((part) => part[which])) handler();
  }

  function open(end: () => void): Interrupt {
    const part: Part = { first: [], second: [] };
    parts.add(part);
    return {
      get asked() {
        return firstAtNs !== undefined;
      },
      onFirst(handler) {
        part.first.push(handler);
        if (firstAtNs !== undefined) handler();
      },
      onSecond(handler) {
        part.second.push(handler);
        if (isSecond) handler();
      },
      within: () => open(() => undefined),
      [Symbol.dispose]() {
        parts.delete(part);
        end();
      },
    };
  }

  return open(stop);
}

type Part = { readonly first: (() => void)[]; readonly second: (() => void)[] };
