/** `rtops trace` of a run that is over: one that was killed, one with a report, or no run at all. */
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Report } from '../report/report.ts';
import { composeTrace } from '../trace/compose-trace.ts';
import type { Trace } from '../trace/trace.ts';
import type { TraceInput } from '../trace/trace-input.ts';
import type { World } from '../world.ts';
import { findRunFolder, readReport } from './run-folder.ts';
import { findKilledRun, goesOn, killedAt } from './run-under-way.ts';
import type { KilledRun } from './run-under-way.ts';
import { oddFiles, runFolders } from './trace-files.ts';
import { traceKilled } from './trace-killed.ts';
import { traceLive } from './trace-live.ts';
import { pickFromRun, pickSlowest } from './trace-pick.ts';
import { inputOfRun } from './trace-run.ts';
import { pickGone, unknownId } from './trace-unknown.ts';

/** What is asked after, and what was looked at in vain before. */
export type Asked = {
  /** An id, `slowest` or `lost`. */
  readonly id: string;
  /** A folder or a run id; `undefined`: the newest. */
  readonly run: string | undefined;
  /** Said above what is found after all. */
  readonly before: readonly string[];
  /** The command that leads on, where nothing is found at all. */
  readonly next?: string;
  /** Of the run under way, or the one that was killed. */
  readonly looked?: TraceInput;
};

export type Answer =
  | { readonly kind: 'trace'; readonly trace: Trace; readonly runId: string }
  /** There is nothing to pick, which is no failure. */
  | { readonly kind: 'none'; readonly notes: readonly string[]; readonly runId: string };

/** The run asked for, or the newest; then what the servers write outside of any. */
export async function traceOver(world: World, asked: Asked): Promise<Answer> {
  const killed = findKilledRun(world, asked.run);
  if (killed === undefined) {
    if (asked.run !== undefined && goesOn(world, asked.run)) throw elsewhere(asked.run, asked.id);
    return traceReported(world, asked);
  }
  const answer = await answerOfKilled(world, asked, killed);
  return 'kind' in answer ? answer : traceReported(world, answer);
}

/** A run that writes to a folder of its own: its logs are those of what is up. */
function elsewhere(run: string, id: string): Failure {
  return new Failure(exitCode.usage, `the run in ${run} is under way`, {
    why: 'what its users saw is told when it has ended; what its servers log is told now, without its name',
    next: `rtops trace ${id === 'slowest' || id === 'lost' ? '0.0.0' : id}`,
  });
}

/** What the killed run tells of it, or what is asked after next. */
async function answerOfKilled(
  world: World,
  asked: Asked,
  killed: KilledRun,
): Promise<Answer | Asked> {
  const { id, run, before } = asked;
  const dead = killedAt(killed);
  const name = run ?? killed.id;
  const next = `rtops trace slowest ${name}`;
  if (id === 'lost') {
    const why = `${dead}: what it lost is not known, for the log was not read to its end`;
    if (run === undefined) return { ...asked, before: [...before, why], next };
    throw new Failure(exitCode.badFile, `what run ${name} lost is not known`, { why: dead, next });
  }
  await oddFiles(world, runFolders(killed.dir), killed.dir);
  const picked =
    id === 'slowest'
      ? await pickSlowest(killed.id, join(killed.dir, 'history'))
      : { kind: 'id' as const, id, notes: [] };
  if (picked.kind === 'none') {
    return { kind: 'none', notes: [...before, dead, picked.why], runId: killed.id };
  }
  const { found, input, looked } = await traceKilled(world, picked.id, killed);
  if (found !== undefined) {
    const notes = [
      ...before,
      `${dead}: this is from ${looked}`,
      ...picked.notes,
      ...(run === undefined ? await alsoEnded(world, id) : []),
      ...found.notes,
    ];
    return { kind: 'trace', trace: { ...found, notes }, runId: killed.id };
  }
  const silent = `${dead}, and nothing about ${picked.id} was found in ${looked}`;
  if (run === undefined) return { ...asked, before: [...before, silent], next, looked: input };
  throw unknownId(id, { where: `run ${name}`, before: [silent], next, input });
}

async function traceReported(world: World, asked: Asked): Promise<Answer> {
  const { id, before } = asked;
  const dir = await runFolder(world, asked);
  if (dir === undefined) {
    const { found, input } = await traceLive(world, id, null);
    if (found !== undefined) return ofNoRun(found, before);
    const known = { input: asked.looked ?? input, before, next: asked.next };
    throw unknownId(id, { where: 'the logs of this folder', ...known });
  }
  await oddFiles(world, runFolders(dir), dir);
  const report = await readReport(dir);
  const runId = report.run.id;
  const picked = await pickFromRun(id, report, join(dir, 'history'));
  if (picked.kind === 'none') return { kind: 'none', notes: [...before, picked.why], runId };
  const input = await inputOfRun(world, dir, report, picked.id);
  const found = composeTrace(input);
  if (found !== undefined) {
    const notes = [
      ...before,
      ...(before.length === 0 ? [] : [`shown is run ${runId}, which has ended`]),
      ...picked.notes,
      ...found.notes,
      ...exceptionNotes(report, picked.id),
    ];
    return { kind: 'trace', trace: { ...found, notes }, runId };
  }
  if (asked.run === undefined) {
    // Not of the newest run: of one before it, or of somebody who is connected now.
    const ofRun = picked.id === id ? null : runId;
    const live = (await traceLive(world, picked.id, ofRun)).found;
    const not = `it is not in the folder of run ${runId}`;
    if (live !== undefined) return ofNoRun(live, [...before, not]);
  }
  if (picked.id !== id) throw pickGone(id, picked.id, runId, input);
  throw unknownId(id, { where: `run ${runId}`, before, next: undefined, input });
}

function ofNoRun(found: Trace, before: readonly string[]): Answer {
  return {
    kind: 'trace',
    trace: { ...found, notes: [...before, ...found.notes] },
    runId: 'none: these are the logs of what is or was up here',
  };
}

/** Ids begin anew with every run: the newest that has ended may have had this one too. */
export async function alsoEnded(world: World, id: string): Promise<readonly string[]> {
  try {
    const dir = await findRunFolder(world, undefined);
    await oddFiles(world, runFolders(dir), dir);
    const report = await readReport(dir);
    if (composeTrace(await inputOfRun(world, dir, report, id)) === undefined) return [];
    return [`run ${report.run.id} has it too: rtops trace ${id} ${report.run.id}`];
  } catch {
    // There is none, or none that can be read: it is not the one that is asked after.
    return [];
  }
}

/** `undefined`: no run was asked for, and there is none. */
async function runFolder(
  world: World,
  { id, run, before, next }: Asked,
): Promise<string | undefined> {
  try {
    return await findRunFolder(world, run);
  } catch (error) {
    if (run !== undefined || !(error instanceof Failure)) throw error;
    if (id !== 'slowest' && id !== 'lost') return undefined;
    if (before.length === 0 || next === undefined) throw error;
    throw new Failure(exitCode.badFile, `there is no run yet whose ${id} is known`, {
      why: before.join('; '),
      next,
    });
  }
}

/** What the ledger has against the message. */
function exceptionNotes(report: Report, id: string): readonly string[] {
  return report.ledger.exceptions
    .filter((one) => one.id === id)
    .map(
      ({ class: what, recipient, atMs, fault }) =>
        `the ledger: ${what}${recipient === null ? '' : ` at ${recipient}`}, ${(atMs / 1000).toFixed(3)} s${fault === null ? '' : `, during ${fault}`}`,
    );
}
