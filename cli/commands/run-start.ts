/**
 * When a run began, noted in its folder as it begins: with it what users and servers write down can be
 * laid on one line before the run has ended, or if it never ends.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { messageOf } from '../failure.ts';
import type { KeptSince } from '../system/kept-logs.ts';
import { selfIdentity } from '../system/process-identity.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import type { World } from '../world.ts';

const fileName = 'started.json';

const startSchema = z.object({
  schemaVersion: z.literal(1),
  startedAtMs: z.number(),
  startedAtUs: z.number(),
  /** The rtops that makes the run; older runs do not say. */
  process: z.object({ pid: z.number(), startTime: z.string() }).optional(),
});

/**
 * A disk that is full is told; the run is none the worse.
 * @param process who makes the run; left out: this one
 */
export function noteRunStart(
  { stderr }: Pick<World, 'stderr'>,
  runDir: string,
  { startedAtMs, startedAtUs }: KeptSince,
  process?: ProcessIdentity,
): void {
  try {
    const noted = { startedAtMs, startedAtUs, process: process ?? selfIdentity() };
    const text = JSON.stringify({ schemaVersion: 1, ...noted });
    writeFileSync(join(runDir, fileName), `${text}\n`);
  } catch (error) {
    stderr.write(`rtops: when the run began was not noted: ${messageOf(error)}\n`);
  }
}

/** `undefined`: it has not begun, or did not note it. */
export function readRunStart(runDir: string): KeptSince | undefined {
  const noted = readNoted(runDir);
  return noted && { startedAtMs: noted.startedAtMs, startedAtUs: noted.startedAtUs };
}

/** Who makes the run, dead or alive; `undefined`: it is not noted. */
export function readRunProcess(runDir: string): ProcessIdentity | undefined {
  return readNoted(runDir)?.process;
}

function readNoted(runDir: string): z.infer<typeof startSchema> | undefined {
  try {
    const file = join(runDir, fileName);
    // To open a fifo would be to wait for whoever writes to it.
    if (!statSync(file).isFile()) return undefined;
    return startSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
