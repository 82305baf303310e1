/** Where an observer answers: that of what is up in this folder, or one that was named. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { observeUrls } from '../system/observe-urls.ts';
import type { ObserveUrls } from '../system/observe-urls.ts';
import { isAlive } from '../system/process-identity.ts';
import { stateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';
import { packageFile } from './package-file.ts';

type Observer = keyof ObserveUrls;

const names: Readonly<Record<Observer, string>> = {
  prometheus: 'Prometheus',
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
};

/**
 * The address of an observer of what is up.
 * @param verb what it is wanted for: to `ask` or to `open` it
 * @param nextWithout what to do where nothing is up
 * @throws Failure notReady (120) where there is none
 */
export function ownObserver(
  world: Pick<World, 'cwd'>,
  observer: Observer,
  verb: 'ask' | 'open',
  nextWithout = 'rtops up --observe -d',
): string {
  const what = `there is no ${names[observer]} to ${verb}`;
  const state = readSystemState(stateFolder(world.cwd));
  if (state === undefined || !isAlive(state.supervisor)) {
    throw new Failure(exitCode.notReady, what, {
      why: 'nothing is up in this folder',
      next: nextWithout,
    });
  }
  const urls = observeUrls(state.services);
  const url = urls[observer];
  if (url !== null) return url;
  if (observer === 'grafana' && urls.prometheus !== null) throw noGrafana(what, urls.prometheus);
  throw new Failure(exitCode.notReady, what, {
    why: `${state.topology.name} is up without observers`,
    next: `rtops down, then rtops up ${state.topology.name} --observe -d`,
  });
}

function noGrafana(what: string, prometheus: string): Failure {
  return new Failure(exitCode.notReady, what, {
    why: 'no `grafana` was found when the system started (in PATH, or by RTOPS_GRAFANA)',
    evidence: [
      `import the dashboards into a Grafana of yours: ${packageFile('grafana/dashboards')}`,
      `with a Prometheus datasource at ${prometheus}`,
    ],
    next: 'rtops dashboards check draws every panel without a Grafana',
  });
}

/** The address after a flag. @throws Failure usage (2) for what is none of http or https */
export function addressOf(flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Failure(exitCode.usage, `${flag} is no http or https address`, {
    next: `${flag} http://127.0.0.1:9090`,
  });
}
