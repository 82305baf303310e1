/** Who shows a run as it goes: one renderer a `--reporter`, all fed the same events. */
import type { RunEvent } from '../events.ts';
import type { Output, World } from '../world.ts';
import { githubRenderer } from './github.ts';
import { plainRenderer } from './plain.ts';

export type ReporterKind = 'ink' | 'plain' | 'json' | 'github' | 'quiet';

export type Renderer = {
  event(event: RunEvent): void;
  /** Leaves the terminal as it should stay. Safe to call twice; nothing is written after it. */
  finish(): Promise<void>;
};

/** `ink` where a person watches a terminal that can be drawn on; `plain` everywhere else. */
export function chooseReporter(world: Pick<World, 'env' | 'stdout' | 'stderr'>): 'ink' | 'plain' {
  const { env, stdout, stderr } = world;
  const ci = env['CI'];
  const isCi = ci !== undefined && ci !== '' && ci !== '0' && ci !== 'false';
  const canDraw = stdout.isTTY && stderr.isTTY && env['TERM'] !== 'dumb' && stdout.rows >= 10;
  return canDraw && !isCi ? 'ink' : 'plain';
}

/** Opens a renderer on `out`. Ink and React are loaded only when asked for. */
export async function createRenderer(
  kind: ReporterKind,
  world: World,
  out: Output,
): Promise<Renderer> {
  switch (kind) {
    case 'ink': {
      // A file or a pipe cannot be drawn on; what would be shown is then said in lines.
      if (!out.isTTY || out.stream === undefined) return plainRenderer(world, out);
      const { inkRenderer } = await import('./ink-renderer.tsx');
      return inkRenderer(world, out);
    }
    case 'plain':
      return plainRenderer(world, out);
    case 'json':
      return jsonRenderer(out);
    case 'github':
      return githubRenderer(out);
    case 'quiet':
      return quietRenderer();
  }
}

/** NDJSON: one event a line, as in the run folder's events.jsonl. */
function jsonRenderer(out: Output): Renderer {
  return {
    event: (event) => out.write(`${JSON.stringify(event)}\n`),
    finish: () => Promise.resolve(),
  };
}

/** Errors reach stderr as failures, not as events: nothing is left to say. */
function quietRenderer(): Renderer {
  return { event: () => undefined, finish: () => Promise.resolve() };
}
