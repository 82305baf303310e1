/** The live screen on a terminal, drawn with Ink in place and gone without a trace at the end. */
import { render, useWindowSize } from 'ink';
import { useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';

import type { RunEvent } from '../events.ts';
import { paint, plainText, symbolsOf } from '../report/text-style.ts';
import type { Output, World } from '../world.ts';
import type { Renderer } from './renderer.ts';
import { RunScreen } from './run-screen.tsx';
import { emptyRunState, nextRunState } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { terminalStyle } from './terminal.ts';

const framesPerSec = 6;
/** A frame costs CPU that the load could use: the clock draws one only when no event came for so long. */
const clockEveryMs = 1100;

type View = { readonly state: RunState; readonly elapsedMs: number };

/**
 * Opens the screen on `out`, which must be a terminal with a stream behind it. stdin is left alone,
 * so that Ctrl-C stays a signal. After `finish` only the warnings remain in the scrollback.
 */
export function inkRenderer(world: World, out: Output): Renderer {
  const { stream } = out;
  if (stream === undefined) throw new Error('the live screen needs a stream to draw on');
  const style = terminalStyle(world, out);
  const store = createStore(world);
  const warnings: string[] = [];
  const screen = render(<LiveScreen store={store} style={style} />, {
    stdout: stream,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    maxFps: framesPerSec,
  });
  const clock = setInterval(() => store.lookAtClock(), clockEveryMs / 4);
  let finished = false;
  return {
    event(event) {
      if (finished) return;
      if (event.kind === 'warning') warnings.push(event.text);
      store.apply(event);
    },
    async finish() {
      if (finished) return;
      finished = true;
      clearInterval(clock);
      // An empty frame first: Ink would leave the last one on the terminal.
      screen.rerender(null);
      await screen.waitUntilRenderFlush();
      screen.clear();
      screen.unmount();
      await screen.waitUntilExit();
      const mark = symbolsOf(style).warn;
      for (const text of warnings)
        out.write(`${paint(style, 'warn', `${mark} ${plainText(text)}`)}\n`);
    },
  };
}

type Store = ReturnType<typeof createStore>;

/** The state of the run and the wall clock since its start, as React reads them. */
function createStore(world: Pick<World, 'clock'>) {
  let view: View = { state: emptyRunState, elapsedMs: 0 };
  let startedAtMs: number | null = null;
  let drawnAtMs = 0;
  const listeners = new Set<() => void>();
  const set = (state: RunState): void => {
    drawnAtMs = world.clock.now();
    const elapsedMs = startedAtMs === null ? 0 : drawnAtMs - startedAtMs;
    view = { state, elapsedMs };
    for (const listener of listeners) listener();
  };
  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    view: () => view,
    apply(event: RunEvent) {
      if (event.kind === 'run-start') startedAtMs = world.clock.now();
      // The run's own time is the true one; the wall clock only carries on from it.
      if (event.kind === 'tick') startedAtMs = world.clock.now() - event.t;
      set(nextRunState(view.state, event));
    },
    lookAtClock() {
      if (world.clock.now() - drawnAtMs >= clockEveryMs) set(view.state);
    },
  };
}

function LiveScreen({
  store,
  style,
}: {
  readonly store: Store;
  readonly style: { readonly color: boolean; readonly ascii: boolean };
}): ReactNode {
  const { state, elapsedMs } = useSyncExternalStore(store.subscribe, store.view);
  const size = useWindowSize();
  return <RunScreen state={state} size={size} style={style} elapsedMs={elapsedMs} />;
}
