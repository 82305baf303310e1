/** `rtops trace`: what happened to one message, connection or request, step by step. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { renderTrace, traceDocument } from '../trace/render-trace.ts';
import { isFollowed, unfollowedShare } from '../trace/server-silence.ts';
import type { World } from '../world.ts';
import { findRunUnderWay } from './run-under-way.ts';
import type { RunUnderWay } from './run-under-way.ts';
import { alsoEnded, traceOver } from './trace-ended.ts';
import type { Answer, Asked } from './trace-ended.ts';
import { traceUnderWay } from './trace-under-way.ts';
import { unknownId } from './trace-unknown.ts';

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
 *   names is not in its files any more, or they are no files
 */
export async function trace(world: World, { id, run, json }: TraceOptions): Promise<ExitCode> {
  const underWay = findRunUnderWay(world);
  const answer =
    underWay === undefined
      ? await traceOver(world, { id, run, before: [] })
      : await answerMeanwhile(world, { id, run, before: [] }, underWay);
  print(world, id, answer, json);
  return exitCode.pass;
}

async function answerMeanwhile(world: World, asked: Asked, underWay: RunUnderWay): Promise<Answer> {
  const { id, run } = asked;
  const isPick = id === 'slowest' || id === 'lost';
  const name = underWay.id ?? 'with its folder elsewhere (--run-dir)';
  // Every run of the engine has this one, from its first seconds on.
  const next = 'rtops trace 0.0.0, or any other id: it is told while the run goes on';
  if (isPick && run !== undefined && run === underWay.id) {
    throw new Failure(exitCode.usage, `run ${name} is under way`, {
      why: `its ${id} is known when it has ended`,
      next,
    });
  }
  if (run !== undefined && run !== underWay.id) return traceOver(world, asked);
  if (isPick) {
    const told = `run ${name} is under way: its ${id} is known when it has ended`;
    return traceOver(world, { ...asked, before: [told], next });
  }
  const { found, input, looked } = await traceUnderWay(world, id, underWay);
  if (found !== undefined) {
    const notes = [
      `run ${name} is under way: this is from ${looked}`,
      ...(run === undefined ? await alsoEnded(world, id) : []),
      ...found.notes,
    ];
    return { kind: 'trace', trace: { ...found, notes }, runId: name };
  }
  const why =
    !input.ownSystem || isFollowed(id, input.traceSample)
      ? ''
      : ` (of servers: ${unfollowedShare(input.traceSample)})`;
  const silent = `run ${name} is under way, and nothing about ${id} was found in ${looked}${why}`;
  if (run === undefined) return traceOver(world, { ...asked, before: [silent], looked: input });
  const where = `run ${name}, which is under way`;
  throw unknownId(id, { where, before: [silent], next: undefined, input });
}

function print(world: World, id: string, answer: Answer, json: boolean): void {
  if (answer.kind === 'trace') {
    const { trace: found, runId } = answer;
    world.stdout.write(
      json
        ? `${JSON.stringify(traceDocument(found, runId), null, 2)}\n`
        : renderTrace(found, runId),
    );
    return;
  }
  const { notes, runId } = answer;
  world.stdout.write(
    json
      ? `${JSON.stringify({ schemaVersion: 1, run: runId, id, kind: null, timelines: [], notes })}\n`
      : notes.map((note) => `${note}\n`).join(''),
  );
}
