/** `rtops open`: the page of an observer, or the report of the last run, in the browser. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { observeUrls } from '../system/observe-urls.ts';
import { isAlive } from '../system/process-identity.ts';
import { stateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';
import { openInBrowser } from './open-in-browser.ts';
import { packageFile } from './package-file.ts';
import { report } from './report.ts';

/** What there is to open. */
export type Openable = 'grafana' | 'prometheus' | 'alertmanager' | 'report';

/**
 * Prints where it is, and opens it where there is a desktop. Throws 120 when nothing is up, or what
 * is up has no such page.
 */
export async function open(world: World, what: Openable): Promise<ExitCode> {
  if (what === 'report') return await report(world, { format: 'html', open: true });
  const url = urlOf(world, what);
  const opened = await openInBrowser(world, url);
  world.stdout.write(opened ? `opened ${url}\n` : `${url}\n`);
  return exitCode.pass;
}

function urlOf(world: World, what: Exclude<Openable, 'report'>): string {
  const state = readSystemState(stateFolder(world.cwd));
  if (state === undefined || !isAlive(state.supervisor)) {
    throw new Failure(exitCode.notReady, `there is no ${what} to open`, {
      why: 'nothing is up in this folder',
      next: 'rtops up --observe -d',
    });
  }
  const urls = observeUrls(state.services);
  const url = urls[what];
  if (url !== null) return url;
  const { prometheus } = urls;
  if (prometheus === null) {
    throw new Failure(exitCode.notReady, `there is no ${what} to open`, {
      why: `${state.topology.name} is up without observers`,
      next: `rtops down, then rtops up ${state.topology.name} --observe -d`,
    });
  }
  throw new Failure(exitCode.notReady, 'there is no Grafana to open', {
    why: 'no `grafana` was found when the system started (in PATH, or by RTOPS_GRAFANA)',
    evidence: [
      `import the dashboards into a Grafana of yours: ${packageFile('grafana/dashboards')}`,
      `with a Prometheus datasource at ${prometheus}`,
    ],
    next: 'rtops dashboards check draws every panel without a Grafana',
  });
}
