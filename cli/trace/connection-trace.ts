/** A connection's life, or one request: what nginx and the servers say of it, and the run's faults. */
import { faultSteps, nameOf, touchesConnection } from './fault-steps.ts';
import type { TracedFault } from './fault-steps.ts';
import { accessNames, foundSteps } from './found-steps.ts';
import { logHealth } from './log-health.ts';
import type { Found, LogText } from './log-search.ts';
import { linesOf } from './log-search.ts';
import { parseLogLine } from './log-line.ts';
import type { LogLine } from './log-line.ts';
import { inOrder } from './trace.ts';
import type { Step, Trace } from './trace.ts';
import { traceClock } from './trace-clock.ts';
import type { TraceClock } from './trace-clock.ts';
import type { TraceInput } from './trace-input.ts';
import { commonNotes, requestSilence, socketNotes } from './trace-notes.ts';

/** A fault and what it does are stamped by two processes, one after the other. */
const stampedWithinUs = 1_000_000;

/** A request that opened no connection. */
export function requestTrace(input: TraceInput, found: Found): Trace {
  const clock = traceClock(input.start, found.lines);
  const steps = foundSteps(found, clock, input, accessNames(input, found, clock));
  const run = { ...input, logs: input.logs.map(logHealth) };
  return {
    ...{ id: input.id, kind: 'request' },
    timelines: [{ title: `request ${input.id}`, steps: inOrder(steps) }],
    notes: [
      ...(found.lines.length > 0 ? [] : requestSilence(run, found, clock)),
      ...commonNotes(run, clock),
    ],
  };
}

/** A connection, asked for by its own name, its socket's, or that of the request that opened it. */
export function connectionTrace(input: TraceInput, found: Found): Trace {
  const clock = traceClock(input.start, found.lines);
  const own = foundSteps(found, clock, input, accessNames(input, found, clock));
  const run = { ...input, logs: input.logs.map(logHealth) };
  const life = lifeOf(input, found, own, clock);
  const faults = life === undefined ? [] : faultSteps(life.faults, life);
  return {
    ...{ id: input.id, kind: 'connection' },
    timelines: [{ title: titleOf(input.id, found.lines), steps: inOrder([...faults, ...own]) }],
    notes: [
      ...(life === undefined ? [] : silentEnd(input, life, clock)),
      ...socketNotes(run, found.access),
      ...commonNotes(run, clock),
    ],
  };
}

function titleOf(id: string, lines: readonly LogLine[]): string {
  const opened = lines.find(({ msg }) => msg === 'connection opened') ?? lines[0];
  const { connId, socketId, reqId, user } = opened?.text ?? {};
  const of = user === undefined ? '' : ` of ${user}`;
  const connection = `connection ${connId ?? '?'}${of}`;
  if (id === connId) return connection;
  if (id === socketId) return `socket ${id}, on ${connection}`;
  return id === reqId ? `request ${id}, which opened ${connection}` : `${id}, on ${connection}`;
}

type Life = {
  /** The node that held it. */
  readonly server: string;
  readonly fromUs: number;
  /** Its end, or that of its server; infinite where neither is known. */
  readonly untilUs: number;
  readonly isClosed: boolean;
  readonly endedAtNginx: boolean;
  /** Done to what it goes over. */
  readonly faults: readonly TracedFault[];
  /** Ended its server under it. */
  readonly kill: TracedFault | undefined;
};

/** `undefined`: no line tells of its opening. */
function lifeOf(
  { faults: all }: TraceInput,
  { lines, access }: Found,
  own: readonly Step[],
  clock: TraceClock,
): Life | undefined {
  const opened = lines.find(({ msg }) => msg === 'connection opened');
  if (opened === undefined) return undefined;
  const closed = lines.find(({ msg }) => msg === 'connection closed');
  const endedAtNginx = access.some(({ status }) => status === 101);
  const fromUs = clock.ofLine(opened).atUs;
  const lastUs = Math.max(...own.map(({ atUs }) => atUs));
  const seenUntilUs = closed !== undefined || endedAtNginx ? lastUs : Infinity;
  const faults = all.filter((fault) => touchesConnection(fault, opened.service));
  const kill =
    closed !== undefined
      ? undefined
      : faults.find(({ kind, node, at }) => {
          const atUs = at * 1000;
          const isThen = atUs >= fromUs && atUs <= seenUntilUs + stampedWithinUs;
          return kind === 'kill' && node === opened.service && isThen;
        });
  // Without nginx the kill is the end of it.
  const untilUs = kill === undefined ? seenUntilUs : Math.max(kill.at * 1000, fromUs);
  return {
    ...{ server: opened.service, fromUs, faults, kill, endedAtNginx },
    untilUs: seenUntilUs === Infinity ? untilUs : Math.max(seenUntilUs, untilUs),
    isClosed: closed !== undefined,
  };
}

/** Why its server says nothing of its end. */
function silentEnd(
  { logs, underWay, runId }: TraceInput,
  { server, fromUs, untilUs, isClosed, endedAtNginx, kill }: Life,
  clock: TraceClock,
): readonly string[] {
  if (isClosed) return [];
  const silent = `${server} logged no end of this connection`;
  if (kill !== undefined) {
    return [
      `${silent}: ${nameOf(kill)} ended it at ${kill.at.toFixed(0)} ms, and a server that is killed writes no farewell`,
    ];
  }
  const anewUs = begunAnewUs(logs, server, clock).find(
    (atUs) => atUs > fromUs && (endedAtNginx ? atUs >= untilUs - stampedWithinUs : true),
  );
  if (anewUs !== undefined) {
    return [
      `${silent}: it ended before it could, and began anew at ${(anewUs / 1000).toFixed(0)} ms`,
    ];
  }
  // What is up may log it yet.
  if (underWay || runId === null) return [];
  return [
    `${silent}: ${endedAtNginx ? 'it ended before it could, or the line is lost' : 'it was open when the log ends'}`,
  ];
}

/** When a server's process came up, µs since run start. */
function begunAnewUs(
  logs: readonly LogText[],
  server: string,
  clock: TraceClock,
): readonly number[] {
  return logs
    .filter(({ service }) => service === server)
    .flatMap(({ service, text }) =>
      [...linesOf(text)].flatMap((line) => {
        const parsed = line.includes('"msg":"listening"') ? parseLogLine(service, line) : undefined;
        return parsed === undefined ? [] : [clock.ofLine(parsed).atUs];
      }),
    );
}
