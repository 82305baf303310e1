/** Sends one synthetic alert through Alertmanager and watches whether it arrives. */
import { drillAlert } from '../../prometheus/drill-alert.ts';
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { drillRow } from '../inspect/drill.ts';
import type { DrillRow } from '../inspect/drill.ts';
import { readNotificationErrors } from '../inspect/notification-errors.ts';
import { readFrom, sizeOf } from '../system/service-log.ts';
import type { World } from '../world.ts';
import { waysOf } from './alertmanager-client.ts';
import type { AlertmanagerClient, AlertRouting } from './alertmanager-client.ts';

export type DrillEnd =
  | {
      readonly kind: 'watched';
      readonly drill: string;
      readonly rows: readonly DrillRow[];
      /** Alerts that were sent meanwhile: Alertmanager counts them with the drill. */
      readonly others: readonly string[];
    }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'silenced' };

const lookEveryMs = 100;
/** Alertmanager gives a notification of our own route up after 10 s, and counts it then. */
const ownWaitMs = 14_000;
/** A foreign route waits for its group first, 30 s by default. */
const foreignWaitMs = 60_000;
/** The alert ends by itself should rtops be killed. */
const endsByItselfMs = 120_000;
const routedWithinMs = 5000;

/**
 * @param logFile Alertmanager's log, where it is ours: it alone says the status of what failed
 * @throws what the client throws; Failure noVerdict (122) where Alertmanager does not list the alert
 */
export async function fireDrill(
  world: World,
  client: AlertmanagerClient,
  { topology, logFile }: { readonly topology: string; readonly logFile: string | undefined },
): Promise<DrillEnd> {
  const drill = Math.floor(world.random() * 0xffff_ffff)
    .toString(16)
    .padStart(8, '0');
  const startMs = world.clock.now();
  const configuration = await client.configuration();
  const before = await client.counters();
  const log = logSinceNow(logFile);
  const post = (endsAtMs: number): Promise<void> =>
    client.post({
      labels: { alertname: drillAlert, severity: 'warning', topology, drill },
      annotations: {
        summary: 'a fire drill: nothing is wrong',
        description: 'Sent by rtops alerts test to see whether alerts arrive.',
      },
      startsAt: new Date(startMs).toISOString(),
      endsAt: new Date(endsAtMs).toISOString(),
    });
  await post(startMs + endsByItselfMs);
  try {
    const routing = await untilRouted(world, client, drill);
    const ways = waysOf(configuration, routing.receivers);
    if (routing.silenced) return { kind: 'silenced' };
    if (ways.length === 0) return { kind: 'nobody' };
    const waitMs = configuration.includes(drillAlert) ? ownWaitMs : foreignWaitMs;
    for (;;) {
      const watchedMs = world.clock.now() - startMs;
      const reading = {
        before,
        now: await client.counters(),
        errors: readNotificationErrors(log()),
        watchedMs,
        over: watchedMs > waitMs,
      };
      const rows = ways.map((way) => drillRow(way, reading));
      const decided = rows.filter((row) => row !== undefined);
      // What is counted is in the log a moment later.
      const explained = decided.every(
        ({ outcome, integration }) =>
          outcome === 'delivered' || logFile === undefined || reading.errors.has(integration),
      );
      if (decided.length === ways.length && (explained || reading.over)) {
        const others = await client.othersSent('drill', drill, routing.receivers);
        return { kind: 'watched', drill, rows: decided, others };
      }
      await world.clock.sleep(lookEveryMs);
    }
  } finally {
    await post(Math.max(world.clock.now(), startMs + 1));
  }
}

/** Alertmanager lists an alert a moment after it took it. */
async function untilRouted(
  world: World,
  client: AlertmanagerClient,
  drill: string,
): Promise<AlertRouting> {
  const deadline = world.clock.now() + routedWithinMs;
  for (;;) {
    const routing = await client.routing('drill', drill);
    if (routing !== undefined) return routing;
    if (world.clock.now() > deadline) throw notListed(client.name);
    await world.clock.sleep(lookEveryMs);
  }
}

function notListed(name: string): Failure {
  return new Failure(exitCode.noVerdict, 'Alertmanager does not list the drill', {
    why: `${name} took the alert and has not listed it within ${routedWithinMs / 1000} s, so nobody knows where it would go`,
    next: 'look at its log and its load, then again: rtops alerts test',
  });
}

/** All that is written from now on, at each call; from its start on where the file is put aside. */
function logSinceNow(file: string | undefined): () => string {
  if (file === undefined) return () => '';
  let end = sizeOf(file);
  let written = '';
  return () => {
    const next = readFrom(file, end);
    end = next.end;
    written += next.text;
    return written;
  };
}
