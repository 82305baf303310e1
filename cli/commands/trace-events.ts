/** What a run without a report noted of itself as it went: its id, and its faults. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { linesOf } from '../trace/log-search.ts';
import { jsonObject } from '../trace/log-line.ts';
import type { TracedFault } from '../trace/fault-steps.ts';

export type NotedByRun = {
  /** `undefined`: it did not come to say it. */
  readonly runId: string | undefined;
  /** Those that were done; one that was not undone by now has no end. */
  readonly faults: readonly TracedFault[];
};

/** From events.jsonl of its folder; nothing where that cannot be read. */
export async function readNotedByRun(dir: string): Promise<NotedByRun> {
  const text = await readFile(join(dir, 'events.jsonl'), 'utf8').catch(() => '');
  const faults = new Map<string, TracedFault>();
  let runId: string | undefined;
  for (const line of linesOf(text)) {
    // Most lines are ticks, and long.
    if (!line.startsWith('{"kind":"fault"') && !line.startsWith('{"kind":"run-start"')) continue;
    const { fault, phase, t, runId: id } = jsonObject(line) ?? {};
    if (typeof id === 'string') runId ??= id;
    if (typeof fault !== 'string' || typeof t !== 'number') continue;
    const [, kind, node] = /^([\w-]+)@([\w-]+)/.exec(fault) ?? [];
    if (kind === undefined || node === undefined) continue;
    const known = faults.get(fault);
    if (phase === 'injected') faults.set(fault, { kind, node, at: t, until: Infinity });
    else if (phase === 'undone' && known !== undefined) faults.set(fault, { ...known, until: t });
  }
  return { runId, faults: [...faults.values()] };
}
