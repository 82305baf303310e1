/** Who hears of a run: the renderers asked for, events.jsonl, and at the end the report files. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import type { RunEvent } from '../events.ts';
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
  /** Ends the renderers, writes the files; `prints`: the summary too (and report.json with `--json`). */
  finish(report: Report, detail: Detail, prints: boolean): Promise<void>;
};

export type OutputOptions = {
  readonly scenario: Scenario;
  readonly reporters: readonly string[];
  readonly json: boolean;
};

/** Opens the renderers; throws a usage failure for one that does not exist. */
export async function openOutputs(world: World, asked: OutputOptions, run: Run): Promise<Outputs> {
  const renderers = await openRenderers(world, asked.reporters, asked.json);
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
    await run.close();
  };
  return {
    emit,
    listen: (listener) => void listeners.push(listener),
    start(target) {
      emit(startEvent(asked.scenario, run, target));
    },
    async finish(report, detail, prints) {
      const { verdict, exitCode } = report;
      emit({ kind: 'run-end', t: report.run.durationMs, verdict, exitCode });
      await end();
      let unwritten: unknown;
      try {
        await writeReportFiles(run.dir, report, detail);
      } catch (error) {
        unwritten = error;
      }
      const inside = relative(world.cwd, run.dir);
      const shown = inside.startsWith('..') ? run.dir : inside;
      if (prints && !renderers.quiet) {
        const out = asked.json ? world.stderr : world.stdout;
        out.write(
          renderText(report, {
            ...terminalStyle(world, out),
            paths:
              unwritten === undefined ? { dir: shown, html: join(shown, 'report.html') } : null,
          }),
        );
      }
      if (prints && asked.json) world.stdout.write(`${JSON.stringify(report)}\n`);
      if ((await world.stdout.allTaken?.()) === false) {
        const where = unwritten === undefined ? `; the report is in ${shown}` : '';
        world.stderr.write(
          `rtops: stdout did not take all of it. Verdict: ${verdict} (exit ${exitCode})${where}\n`,
        );
      }
      if (unwritten !== undefined) throw rescued(world, report, detail, unwritten);
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

/** The run folder cannot be written (a full disk): what was measured goes to the temporary folder. */
function rescued(world: World, report: Report, detail: Detail, cause: unknown): unknown {
  try {
    const dir = mkdtempSync(join(tmpdir(), `rtops-${report.run.id}-`));
    writeFileSync(join(dir, 'report.json'), JSON.stringify(report));
    writeFileSync(join(dir, 'detail.json'), JSON.stringify(detail));
    world.stderr.write(`rtops: the report was saved in ${dir} instead\n`);
  } catch {
    world.stderr.write('rtops: the report could not be saved anywhere; it follows\n');
    world.stderr.write(`${JSON.stringify(report)}\n`);
  }
  return cause;
}
