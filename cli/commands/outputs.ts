/** Who hears of a run: the renderers asked for, events.jsonl, and at the end the report files. */
import { join, relative } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { RunEvent } from '../events.ts';
import { Failure } from '../failure.ts';
import { renderText } from '../report/text.ts';
import type { Report } from '../report/report.ts';
import type { Detail } from '../samples/detail.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { stageEnds, stagesMs } from '../scenario/timeline.ts';
import { terminalStyle } from '../screen/terminal.ts';
import type { World } from '../world.ts';
import { openRenderers } from './renderers.ts';
import type { Run } from './open-run.ts';
import { writeReportFiles } from './run-folder.ts';

export type Outputs = AsyncDisposable & {
  readonly emit: (event: RunEvent) => void;
  /** One more that hears of the run from now on. */
  listen(listener: (event: RunEvent) => void): void;
  /** Says what is about to run. */
  start(target: { readonly name: string; readonly url: string }): void;
  /** Ends the renderers, writes the files, prints the summary (and report.json with `--json`). */
  finish(report: Report, detail: Detail): Promise<void>;
};

export type OutputOptions = {
  readonly scenario: Scenario;
  readonly reporters: readonly string[];
  readonly json: boolean;
};

/**
 * Opens the renderers; throws a usage failure for one that does not exist.
 * @param ofSeries the run's place in a series of runs, which prints a summary of its own
 */
export async function openOutputs(
  world: World,
  asked: OutputOptions,
  run: Run,
  ofSeries: number | null,
): Promise<Outputs> {
  const prints = ofSeries === null;
  const renderers = await openRenderers(world, {
    words: asked.reporters,
    json: asked.json,
    adds: ofSeries !== null && ofSeries > 0,
  });
  const listeners: ((event: RunEvent) => void)[] = [];
  const emit = (event: RunEvent): void => {
    run.record(event);
    for (const listener of listeners) listener(event);
    for (const renderer of renderers.all) renderer.event(event);
  };
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    for (const renderer of renderers.all) await renderer.finish();
    renderers[Symbol.dispose]();
    await run.close();
  };
  return {
    emit,
    listen: (listener) => void listeners.push(listener),
    start(target) {
      emit(startEvent(asked.scenario, run, target));
    },
    async finish(report, detail) {
      const { verdict, exitCode: code } = report;
      emit({ kind: 'run-end', t: report.run.durationMs, verdict, exitCode: code });
      await end();
      const { kept, unwritten } = await keep(run, report, detail);
      const inside = relative(world.cwd, run.dir);
      const shown = inside.startsWith('..') ? run.dir : inside;
      const out = renderers.summaryOn;
      if (prints && out !== null) {
        out.write(
          renderText(kept, {
            ...terminalStyle(world, out),
            paths:
              unwritten === undefined ? { dir: shown, html: join(shown, 'report.html') } : null,
          }),
        );
      }
      if (prints && asked.json) world.stdout.write(`${JSON.stringify(kept)}\n`);
      if ((await world.stdout.refusal?.()) !== undefined) {
        const where = unwritten === undefined ? `; the report is in ${shown}` : '';
        world.stderr.write(
          `rtops: stdout did not take all of it. Verdict: ${verdict} (exit ${code})${where}\n`,
        );
      }
      if (unwritten !== undefined) {
        world.stderr.write('rtops: the report could not be saved anywhere; it follows\n');
        world.stderr.write(`${JSON.stringify(kept)}\n`);
        throw unwritten;
      }
      if (run.moved !== null) throw movedFailure(run.moved, run.dir);
    },
    [Symbol.asyncDispose]: end,
  };
}

function startEvent(
  scenario: Scenario,
  run: Run,
  target: { readonly name: string; readonly url: string },
): RunEvent {
  const stages = stageEnds(scenario.stages);
  return {
    kind: 'run-start',
    runId: run.id,
    scenario: scenario.name,
    topology: target.name,
    url: target.url,
    plannedUsers: Math.max(...scenario.stages.map((stage) => stage.target)),
    durationMs: stagesMs(scenario.stages),
    stages,
    runDir: run.dir,
  };
}

/** The report files in the run folder or, when it cannot hold them, with all else of the run elsewhere. */
async function keep(
  run: Run,
  report: Report,
  detail: Detail,
): Promise<{ readonly kept: Report; readonly unwritten: unknown }> {
  const written = async (): Promise<{ kept: Report; unwritten: unknown }> => {
    const { moved } = run;
    const kept =
      moved === null ? report : { ...report, notes: [movedSentence(moved), ...report.notes] };
    try {
      await writeReportFiles(run.dir, kept, detail);
      return { kept, unwritten: undefined };
    } catch (error) {
      return { kept, unwritten: error };
    }
  };
  const first = await written();
  if (first.unwritten === undefined) return first;
  const { message, why } = first.unwritten as Partial<Failure>;
  return run.moveElsewhere(why ?? message ?? '', 'all') ? await written() : first;
}

function movedSentence({ from, why }: NonNullable<Run['moved']>): string {
  return isFull(why)
    ? `the disk of ${from} was full, and the run went on elsewhere (${why})`
    : `the run folder ${from} was lost, and the run went on elsewhere (${why})`;
}

/** The figures stand; that they are not where they were asked for is what the caller must hear. */
function movedFailure({ from, why }: NonNullable<Run['moved']>, dir: string): Failure {
  return new Failure(
    exitCode.notReady,
    `${isFull(why) ? `the disk of ${from} is full` : `the run folder ${from} is gone or cannot be written`}: the run was saved in ${dir} instead`,
    { why, next: `rtops report ${dir} · rtops verify ${dir}` },
  );
}

function isFull(why: string): boolean {
  return /ENOSPC|EDQUOT|EFBIG/.test(why);
}
