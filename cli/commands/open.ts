/** `rtops open`: the page of an observer, or the report of the last run, in the browser. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { World } from '../world.ts';
import { ownObserver } from './observer-url.ts';
import { openInBrowser } from './open-in-browser.ts';
import { report } from './report.ts';

/** What there is to open. */
export type Openable = 'grafana' | 'prometheus' | 'alertmanager' | 'report';

/**
 * Prints where it is, and opens it where there is a desktop. Throws 120 when nothing is up, or what
 * is up has no such page.
 */
export async function open(world: World, what: Openable): Promise<ExitCode> {
  if (what === 'report') return await report(world, { format: 'html', open: true });
  const url = ownObserver(world, what, 'open');
  const opened = await openInBrowser(world, url);
  world.stdout.write(opened ? `opened ${url}\n` : `${url}\n`);
  return exitCode.pass;
}
