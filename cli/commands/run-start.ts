/**
 * When a run began, noted in its folder as it begins: with it what users and servers write down can be
 * laid on one line before the run has ended, or if it never ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { messageOf } from '../failure.ts';
import type { KeptSince } from '../system/kept-logs.ts';
import type { World } from '../world.ts';

const fileName = 'started.json';

const startSchema = z.object({
  schemaVersion: z.literal(1),
  startedAtMs: z.number(),
  startedAtUs: z.number(),
});

/** A disk that is full is told; the run is none the worse. */
export function noteRunStart(
  { stderr }: Pick<World, 'stderr'>,
  runDir: string,
  { startedAtMs, startedAtUs }: KeptSince,
): void {
  const text = JSON.stringify({ schemaVersion: 1, startedAtMs, startedAtUs });
  try {
    writeFileSync(join(runDir, fileName), `${text}\n`);
  } catch (error) {
    stderr.write(`rtops: when the run began was not noted: ${messageOf(error)}\n`);
  }
}

/** `undefined`: it has not begun, or did not note it. */
export function readRunStart(runDir: string): KeptSince | undefined {
  try {
    const { data } = startSchema.safeParse(
      JSON.parse(readFileSync(join(runDir, fileName), 'utf8')),
    );
    return data === undefined
      ? undefined
      : { startedAtMs: data.startedAtMs, startedAtUs: data.startedAtUs };
  } catch {
    return undefined;
  }
}
