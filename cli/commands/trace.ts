/** `rtops trace`: what happened to one message, connection or request, step by step. */
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Report } from '../report/report.ts';
import { composeTrace } from '../trace/compose-trace.ts';
import { renderTrace, traceDocument } from '../trace/render-trace.ts';
import { isFollowed, unfollowedShare } from '../trace/server-silence.ts';
import type { TraceInput } from '../trace/trace-input.ts';
import type { Trace } from '../trace/trace.ts';
import type { World } from '../world.ts';
import { findRunFolder, readReport } from './run-folder.ts';
import { traceLive } from './trace-live.ts';
import { loadsUrl, traceUnderWay } from './trace-under-way.ts';
import { pickFromRun } from './trace-pick.ts';
import { inputOfRun } from './trace-run.ts';
import { findRunUnderWay } from './run-under-way.ts';
import { pickGone, unknownId } from './trace-unknown.ts';

export type TraceOptions = {
  /** An id, or `slowest` or `lost`: the run's own. */
  readonly id: string;
  /** A folder or a run id. Left out: the run under way, then the newest, then the logs of what is up. */
  readonly run: string | undefined;
  readonly json: boolean;
};

/**
 * Prints the timeline; 0 too when there is nothing to pick (`lost` where nothing was lost).
 * @throws Failure usage (2) for an id that nobody has seen; badFile (104) when what the run itself
 *   names is not in its files any more
 */
export async function trace(world: World, options: TraceOptions): Promise<ExitCode> {
  const { id, run } = options;
  const isPick = id === 'slowest' || id === 'lost';
  const underWay = findRunUnderWay(world);
  if (underWay === undefined) return traceEnded(world, options, []);
  const name = underWay.id ?? 'with its folder elsewhere (--run-dir)';
  if (isPick && run !== undefined && run === underWay.id) {
    throw new Failure(exitCode.usage, `run ${name} is under way`, {
      why: `its ${id} is known when it has ended`,
      next: 'rtops trace <id>, which finds what its users and servers have written down by now',
    });
  }
  const isHere = underWay.loadsWhatIsUp || loadsUrl(world, underWay);
  if (isPick || !isHere || (run !== undefined && run !== underWay.id)) {
    const told = isHere
      ? `run ${name} is under way: its ${id} is known when it has ended`
      : `run ${name} wrote just now and has no report: it was ended this moment; the logs of its system are not here`;
    // Who named a run knows which is meant.
    return traceEnded(world, options, run === undefined ? [told] : []);
  }
  const { found, input, looked } = await traceUnderWay(world, id, underWay);
  if (found !== undefined) {
    const notes = [
      `run ${name} is under way: this is from ${looked}`,
      ...(await alsoEnded(world, options)),
      ...found.notes,
    ];
    return printed(world, options, { trace: { ...found, notes }, runId: underWay.id ?? name });
  }
  const why =
    !input.ownSystem || isFollowed(id, input.traceSample)
      ? ''
      : ` (of servers: ${unfollowedShare(input.traceSample)})`;
  const silent = `run ${name} is under way, and nothing about ${id} was found in ${looked}${why}`;
  if (run !== undefined) throw unknownId(id, `run ${name}, which is under way`, input, [silent]);
  return traceEnded(world, options, [silent], input);
}

/**
 * A run that has ended: the one asked for, or the newest; then what the servers write outside of any.
 * @param underWay what there is of the run under way, where it was looked at in vain
 */
async function traceEnded(
  world: World,
  options: TraceOptions,
  before: readonly string[],
  underWay?: TraceInput,
): Promise<ExitCode> {
  const dir = await runFolder(world, options);
  if (dir === undefined) {
    const { found, input } = await traceLive(world, options.id, null);
    if (found === undefined) {
      throw unknownId(options.id, 'the logs of this folder', underWay ?? input, before);
    }
    return printed(world, options, ofNoRun(found, before));
  }
  const report = await readReport(dir);
  const picked = await pickFromRun(options.id, report, join(dir, 'history'));
  if (picked.kind === 'none') {
    const notes = [...before, picked.why];
    if (options.json) {
      world.stdout.write(
        `${JSON.stringify({ schemaVersion: 1, run: report.run.id, id: options.id, kind: null, timelines: [], notes })}\n`,
      );
    } else world.stdout.write(notes.map((note) => `${note}\n`).join(''));
    return exitCode.pass;
  }
  const input = await inputOfRun(dir, report, picked.id);
  const found = composeTrace(input);
  if (found !== undefined) {
    const notes = [
      ...before,
      ...(before.length === 0 ? [] : [`shown is run ${report.run.id}, which has ended`]),
      ...picked.notes,
      ...found.notes,
      ...exceptionNotes(report, picked.id),
    ];
    return printed(world, options, { trace: { ...found, notes }, runId: report.run.id });
  }
  if (options.run === undefined) {
    // Not of the newest run: of one before it, or of somebody who is connected now.
    const ofRun = picked.id === options.id ? null : report.run.id;
    const live = (await traceLive(world, picked.id, ofRun)).found;
    const not = `it is not in the folder of run ${report.run.id}`;
    if (live !== undefined) return printed(world, options, ofNoRun(live, [...before, not]));
  }
  throw picked.id === options.id
    ? unknownId(picked.id, `run ${report.run.id}`, input, before)
    : pickGone(options.id, picked.id, report.run.id, input);
}

type Traced = { readonly trace: Trace; readonly runId: string };

function ofNoRun(found: Trace, before: readonly string[]): Traced {
  return {
    trace: { ...found, notes: [...before, ...found.notes] },
    runId: 'none: these are the logs of what is or was up here',
  };
}

function printed(world: World, { json }: TraceOptions, { trace: found, runId }: Traced): ExitCode {
  world.stdout.write(
    json ? `${JSON.stringify(traceDocument(found, runId), null, 2)}\n` : renderTrace(found, runId),
  );
  return exitCode.pass;
}

/** Ids begin anew with every run: the newest that has ended may have had this one too. */
async function alsoEnded(world: World, options: TraceOptions): Promise<readonly string[]> {
  if (options.run !== undefined) return [];
  try {
    const dir = await findRunFolder(world, undefined);
    const report = await readReport(dir);
    if (composeTrace(await inputOfRun(dir, report, options.id)) === undefined) return [];
    return [`run ${report.run.id} has it too: rtops trace ${options.id} ${report.run.id}`];
  } catch {
    // There is none, or none that can be read: it is not the one that is asked after.
    return [];
  }
}

/** `undefined`: no run was asked for, and there is none. */
async function runFolder(
  world: World,
  { id, run }: Pick<TraceOptions, 'id' | 'run'>,
): Promise<string | undefined> {
  try {
    return await findRunFolder(world, run);
  } catch (error) {
    const needsRun = run !== undefined || id === 'slowest' || id === 'lost';
    if (needsRun || !(error instanceof Failure)) throw error;
    return undefined;
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
