/** `rtops alerts`: what fires now; `rtops alerts test`: whether anybody would hear of it. */
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { alertList } from '../inspect/alert-list.ts';
import { whySilenceIsNoCalm } from '../inspect/alert-silence.ts';
import { drillDocument, drillText } from '../inspect/drill.ts';
import { alertmanagerClient } from '../observe/alertmanager-client.ts';
import { fireDrill } from '../observe/fire-drill.ts';
import { prometheusClient } from '../observe/prometheus-client.ts';
import { openApi } from '../observe/prometheus-api.ts';
import { serviceLog } from '../system/service-log.ts';
import { stateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';
import { listenForInterrupt } from './interrupt.ts';
import { addressOf, ownObserver } from './observer-url.ts';

/**
 * The fire drill. 0: every way delivered; 99: one did not. Throws 120 when there is no Alertmanager,
 * 121 when the one that was named does not answer, 122 when nobody would be told, 105 at Ctrl-C.
 */
export async function alertsTest(
  world: World,
  options: { readonly alertmanager?: string; readonly json: boolean },
): Promise<ExitCode> {
  const url = options.alertmanager ?? own(world, 'alertmanager');
  const foreign = options.alertmanager !== undefined;
  const client = alertmanagerClient(addressOf('--alertmanager', url), (name, why, cause) =>
    away(foreign, `the Alertmanager at ${name} does not answer`, why, cause),
  );
  const folder = stateFolder(world.cwd);
  using interrupt = listenForInterrupt(world);
  const stop = new AbortController();
  interrupt.onFirst(() => stop.abort());
  const end = await fireDrill(world, client, {
    topology: readSystemState(folder)?.topology.name ?? 'none',
    logFile: foreign ? undefined : serviceLog(folder.logsDir, 'alertmanager'),
    stop: stop.signal,
  });
  switch (end.kind) {
    case 'nobody':
      throw new Failure(exitCode.noVerdict, 'nobody would be told: no receiver is set', {
        why: 'the alert was taken, and its route leads to a receiver without any address',
        next: foreign
          ? "give the route's receiver an address"
          : 'RTOPS_SLACK_WEBHOOK_URL=…, RTOPS_DISCORD_WEBHOOK_URL=… or RTOPS_ALERT_WEBHOOK_URL=… rtops up --observe -d (after rtops down)',
      });
    case 'silenced':
      throw new Failure(exitCode.noVerdict, 'a silence holds the drill back', {
        why: 'a silence of Alertmanager matches the synthetic alert, and perhaps real ones',
        next: `open ${client.name}/#/silences`,
      });
    case 'watched': {
      const document = drillDocument(client.name, end.drill, end.rows, end.others);
      world.stdout.write(
        options.json
          ? `${JSON.stringify(document, undefined, 2)}\n`
          : drillText(end.rows, end.others),
      );
      return document.outcome === 'delivered' ? exitCode.pass : exitCode.failed;
    }
    default:
      return end satisfies never;
  }
}

const alertsAnswer = z.looseObject({
  alerts: z.array(
    z.looseObject({
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
      state: z.enum(['pending', 'firing']),
      activeAt: z.string(),
      value: z.string(),
    }),
  ),
});

/**
 * What fires or is about to. It informs: 0 whatever fires. Throws 120 or 121 when nobody can say, and
 * 122 when what is missing from the list may fire all the same.
 */
export async function alertsNow(
  world: World,
  options: { readonly prometheus?: string; readonly json: boolean },
): Promise<ExitCode> {
  const url = options.prometheus ?? own(world, 'prometheus');
  const api = openApi(addressOf('--prometheus', url), {}, 'rtops ps');
  // Before the alerts: a rule that has been evaluated by now has its say in them.
  const rules = await prometheusClient(api).rules();
  const answer = await api.get('api/v1/alerts');
  const parsed = answer.kind === 'data' ? alertsAnswer.safeParse(answer.data) : undefined;
  if (parsed?.success !== true) {
    throw away(
      true,
      `the Prometheus at ${api.name} does not list its alerts`,
      'It answered otherwise.',
    );
  }
  const { alerts } = parsed.data;
  const incomplete = whySilenceIsNoCalm(rules, alerts);
  const list = alertList(alerts, world.clock.now());
  const document = { schemaVersion: 1, prometheus: api.name, alerts, incomplete };
  if (options.json) world.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  else world.stdout.write(list === '' && incomplete === null ? 'no alert fires\n' : list);
  if (incomplete === null) return exitCode.pass;
  throw new Failure(exitCode.noVerdict, 'other alerts may fire than are listed', {
    why: incomplete,
    next: 'rtops alerts again in some seconds; rtops open prometheus lists the rules',
  });
}

function own(world: World, observer: 'alertmanager' | 'prometheus'): string {
  const next = `rtops up --observe -d, or --${observer} with the address of yours`;
  return ownObserver(world, observer, 'ask', next);
}

function away(foreign: boolean, what: string, why: string, cause?: unknown): Failure {
  return new Failure(foreign ? exitCode.unhealthy : exitCode.notReady, what, {
    why,
    next: foreign
      ? 'look whether the address is right and the process runs'
      : 'rtops ps, rtops logs alertmanager',
    cause,
  });
}
