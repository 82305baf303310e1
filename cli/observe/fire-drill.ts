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
import { isDoneWithin, unlessAborted } from './wait-no-longer.ts';

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
/** Who pressed Ctrl-C waits no longer for Alertmanager to take the end. */
const endedWithinMs = 2000;

export type DrillRequest = {
  readonly topology: string;
  /** Alertmanager's log, where it is ours: it alone says the status of what failed. */
  readonly logFile: string | undefined;
  /** Aborted: the drill is over at once (Ctrl-C, SIGTERM). */
  readonly stop: AbortSignal;
};

/**
 * However it ends, the alert is ended at Alertmanager; where it was not watched to its end, or the
 * end is not taken, stderr says so.
 * @throws what the client throws; Failure noVerdict (122) where Alertmanager does not list the alert;
 *   interrupted (105)
 */
export async function fireDrill(
  world: World,
  client: AlertmanagerClient,
  { topology, logFile, stop }: DrillRequest,
): Promise<DrillEnd> {
  const drill = Math.floor(world.random() * 0xffff_ffff)
    .toString(16)
    .padStart(8, '0');
  const startMs = world.clock.now();
  const configuration = await unlessStopped(client.configuration(), stop);
  const before = await unlessStopped(client.counters(), stop);
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
  const begun = post(startMs + endsByItselfMs);
  let isWatched = false;
  try {
    await unlessStopped(begun, stop);
    const routing = await untilRouted(world, client, drill, stop);
    const ways = waysOf(configuration, routing.receivers);
    if (routing.silenced || ways.length === 0) {
      isWatched = true;
      return { kind: routing.silenced ? 'silenced' : 'nobody' };
    }
    const waitMs = configuration.includes(drillAlert) ? ownWaitMs : foreignWaitMs;
    for (;;) {
      const watchedMs = world.clock.now() - startMs;
      const reading = {
        before,
        now: await unlessStopped(client.counters(), stop),
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
        const sent = client.othersSent('drill', drill, routing.receivers);
        const others = await unlessStopped(sent, stop);
        isWatched = true;
        return { kind: 'watched', drill, rows: decided, others };
      }
      await unlessStopped(world.clock.sleep(lookEveryMs), stop);
    }
  } finally {
    // Overtaken by its end, the begin would raise the alert again.
    const ended = begun
      .catch(() => undefined)
      .then(() => post(Math.max(world.clock.now(), startMs + 1)));
    const isEnded = await isDoneWithin(world, ended, endedWithinMs);
    if (!isEnded || !isWatched) {
      world.stderr.write(`rtops: ${endWords(isEnded, client.name, world.clock.now() - startMs)}\n`);
    }
  }
}

function endWords(isEnded: boolean, name: string, sinceMs: number): string {
  if (isEnded) return `the drill's alert ${drillAlert} was ended at ${name}`;
  const leftMin = Math.max(1, Math.ceil((endsByItselfMs - sinceMs) / 60_000));
  return `${name} did not take the end of the drill's alert ${drillAlert} within ${endedWithinMs / 1000} s; it ends by itself in ${leftMin} min`;
}

/** @throws Failure interrupted (105) where the drill is stopped first */
function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  return unlessAborted(work, stop, interrupted);
}

function interrupted(): Failure {
  return new Failure(exitCode.interrupted, 'interrupted before the drill was over', {
    why: 'whether its alert arrives is not known',
    next: 'rtops alerts test',
  });
}

/** Alertmanager lists an alert a moment after it took it. */
async function untilRouted(
  world: World,
  client: AlertmanagerClient,
  drill: string,
  stop: AbortSignal,
): Promise<AlertRouting> {
  const deadline = world.clock.now() + routedWithinMs;
  for (;;) {
    const routing = await unlessStopped(client.routing('drill', drill), stop);
    if (routing !== undefined) return routing;
    if (world.clock.now() > deadline) throw notListed(client.name);
    await unlessStopped(world.clock.sleep(lookEveryMs), stop);
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
