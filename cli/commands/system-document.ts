/** What `up --json` and `ps --json` print: what is up, for tools. */
import { observeUrls } from '../system/observe-urls.ts';
import type { ServiceRecord, SystemState } from '../system/system-state.ts';
import type { StateFolder } from '../system/state-folder.ts';

/** One JSON document, the last line ended. `topology` and `url` are `null` when nothing is up. */
export function systemDocument(folder: StateFolder, state: SystemState | undefined): string {
  const document = {
    schemaVersion: 1,
    topology: state?.topology.name ?? null,
    url: state?.url ?? null,
    services: (state?.services ?? []).map(
      ({ name, kind, pid, host, port, state: now, restarts }) => ({
        name,
        kind,
        pid,
        host,
        port,
        state: now,
        restarts,
      }),
    ),
    observe: observeUrls(state?.services ?? []),
    logs: folder.logsDir,
    runs: folder.runsDir,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** One line for each observer with a page of its own, to be put below what is up. */
export function observeLines(services: readonly ServiceRecord[]): string {
  return Object.entries(observeUrls(services))
    .flatMap(([name, url]) => (url === null ? [] : [`${name.padEnd(14)} ${url}\n`]))
    .join('');
}
