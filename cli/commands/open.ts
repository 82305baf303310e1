/** `rtops open`: the page of an observer, or the report of the last run, in the browser. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { ownObserver } from './observer-url.ts';
import { openInBrowser } from './open-in-browser.ts';
import { report } from './report.ts';
import { findRunFolder } from './run-folder.ts';
import { findKilledRun, findRunUnderWay, killedAt } from './run-under-way.ts';

/** What there is to open. */
export type Openable = 'grafana' | 'prometheus' | 'alertmanager' | 'report';

/**
 * Prints where it is, and opens it where there is a desktop. Throws 120 when nothing is up, or what
 * is up has no such page.
 */
export async function open(world: World, what: Openable): Promise<ExitCode> {
  if (what === 'report') {
    await findRunFolder(world, undefined).catch((error: unknown) => {
      throw whyNoReport(world, error);
    });
    return await report(world, { format: 'html', open: true });
  }
  const url = ownObserver(world, what, 'open');
  const opened = await openInBrowser(world, url);
  world.stdout.write(opened ? `opened ${url}\n` : `${url}\n`);
  return exitCode.pass;
}

/** Where the newest run has none: what there is to look at instead. */
function whyNoReport(world: World, error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, why, evidence } = error;
  const killed = findKilledRun(world, undefined);
  if (findRunUnderWay(world) !== undefined) {
    const next =
      'rtops open prometheus, where it is observed; rtops trace 0.0.0 follows a message of it';
    return new Failure(code, message, { ...(why !== undefined && { why }), evidence, next });
  }
  if (killed === undefined) return error;
  const next = `rtops trace slowest ${killed.id}`;
  return new Failure(code, message, { why: killedAt(killed), evidence, next });
}
