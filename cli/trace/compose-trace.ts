/** From the lines and records about an id to its ordered timelines, and what could not be told. */
import { messageId, parseMessageId, roomName, userName } from '../samples/history.ts';
import { accessLogService, damageOf, searchLogs } from './log-search.ts';
import type { Found, LogText } from './log-search.ts';
import type { LogLine } from './log-line.ts';
import { accessSteps, lineSteps } from './log-steps.ts';
import type { MessageHistory } from './message-history.ts';
import { inOrder } from './trace.ts';
import { gapNotes } from './trace-gaps.ts';
import type { TraceGaps } from './trace-gaps.ts';
import type { Step, Timeline, Trace } from './trace.ts';
import { traceClock } from './trace-clock.ts';
import type { RunStart, TraceClock } from './trace-clock.ts';

/** All that is known about a run, as far as a trace can use it. */
export type TraceInput = {
  readonly id: string;
  readonly runId: string;
  readonly start: RunStart;
  /** Whether the run's system was one that rtops started. */
  readonly ownSystem: boolean;
  readonly traceSample: number | undefined;
  readonly messagePath: string | undefined;
  readonly hasRedis: boolean;
  readonly hasProxy: boolean;
  /** Whether nginx was told to keep an access log. */
  readonly hasAccessLog: boolean;
  readonly logs: readonly LogText[];
  /** What the run kept and is not whole any more. */
  readonly gaps: TraceGaps;
  /** The run's faults; times in ms since its start. */
  readonly faults: readonly {
    readonly kind: string;
    readonly node: string;
    readonly at: number;
    readonly until: number;
  }[];
  /** `undefined`: the id is not one of the engine's messages. */
  readonly history: MessageHistory | undefined;
};

/** `undefined`: nobody has seen this id. */
export function composeTrace(input: TraceInput): Trace | undefined {
  const { id, logs, history } = input;
  const all = searchLogs(logs, new Set([id]));
  const direct = { ...all, lines: all.lines.filter((line) => inRun(input, line)) };
  const ofMessage = direct.lines.filter((line) => line.text.msgId === id);
  if (ofMessage.length > 0 || history?.met === true) return messageTrace(input, ofMessage);
  const connIds = new Set(
    direct.lines.flatMap(({ text: { connId } }) => (connId === undefined ? [] : [connId])),
  );
  const around = withHandshakes(logs, direct, new Set([id, ...connIds]));
  const found = { ...around, lines: around.lines.filter((line) => inRun(input, line)) };
  if (found.lines.length === 0 && found.access.length === 0) return undefined;
  const clock = traceClock(input.start, found.lines);
  const isConnection = connIds.size > 0;
  const kind = isConnection ? 'connection' : 'request';
  const steps = inOrder(stepsOf(found, clock, input));
  return {
    id,
    kind,
    timelines: [{ title: `${kind} ${id}`, steps }],
    notes: [
      ...(isConnection ? socketNotes(input, found) : []),
      ...(!isConnection && found.lines.length === 0 ? [serversSilent(input, 'request')] : []),
      ...commonNotes(input, clock),
    ],
  };
}

/** Rooms of two runs never meet; an id of the engine may have been in the run before. */
function inRun({ id, runId }: TraceInput, line: LogLine): boolean {
  const key = parseMessageId(id);
  const { room, msgId } = line.text;
  if (key === undefined || msgId !== id) return true;
  // Another client may write its ids as the engine does.
  const isEngines = /^\d{8}-\d{6}-[0-9a-f]{4}-r\d+$/.test(room ?? '');
  return room === undefined || !isEngines || room === roomName(runId, key.room);
}

function messageTrace(input: TraceInput, lines: readonly LogLine[]): Trace {
  const { id, history } = input;
  // An id is one message among those of a user in a room: a real client may use it elsewhere too.
  const groups = Map.groupBy(lines, ({ text }) => `${text.user ?? ''} in ${text.room ?? ''}`);
  const engines = history?.met === true ? titleOfEngines(input) : undefined;
  if (engines !== undefined && !groups.has(engines)) groups.set(engines, []);
  const related = relatedIds(lines);
  const around = searchLogs(input.logs, related);
  const opened = around.lines.filter((line) => line.msg.startsWith('connection '));
  const found = { lines: opened, access: around.access };
  const clock = traceClock(input.start, [...lines, ...opened]);
  const timelines = [...groups].map(([title, own]): Timeline => {
    const ownIds = relatedIds(own);
    const handshake = {
      lines: opened.filter(({ text }) => ownIds.has(text.connId ?? '')),
      access: around.access.filter(({ requestId }) => ownIds.has(requestId)),
    };
    const ofUsers = title === engines ? (history?.steps() ?? []) : [];
    const ofServers = stepsOf({ lines: own, access: [] }, clock, input);
    const times = [...ofServers, ...ofUsers].map(({ atUs }) => atUs);
    const [firstUs, lastUs] = [Math.min(...times), Math.max(...times)];
    // How the sender came in; its end matters where it came before the message was done.
    const ofConnection = stepsOf(handshake, clock, input).filter(({ atUs }) => atUs <= lastUs);
    return {
      title: `message ${id} of ${title}`,
      steps: inOrder([
        ...faultSteps(input, firstUs, lastUs),
        ...ofConnection,
        ...ofServers,
        ...ofUsers,
      ]),
    };
  });
  const missing = engines === undefined ? [] : (history?.missing() ?? []);
  return {
    id,
    kind: 'message',
    timelines,
    notes: [
      ...(missing.length === 0 ? [] : [`members without a delivery: ${missing.join(', ')}`]),
      ...(lines.length === 0 ? [serversSilent(input, 'message')] : []),
      ...(lines.length > 0 && opened.length > 0 ? socketNotes(input, found) : []),
      ...(input.messagePath === 'adapter'
        ? [
            'on the path adapter no node logs what arrives from another: only the sending node is seen',
          ]
        : []),
      ...commonNotes(input, clock),
    ],
  };
}

/** A fault that was over this long before a message may still be why it was slow. */
const faultBeforeUs = 10_000_000;

/** Of the faults that were there from then to then, or just before. */
function faultSteps({ faults }: TraceInput, firstUs: number, lastUs: number): readonly Step[] {
  return faults.flatMap(({ kind, node, at, until }): readonly Step[] => {
    const [atUs, untilUs] = [Math.round(at * 1000), Math.round(until * 1000)];
    if (atUs > lastUs || Math.max(atUs, untilUs) < firstUs - faultBeforeUs) return [];
    const step = { errorUs: 1000, where: 'fault', source: 'report' } as const;
    const name = `${kind}@${node}`;
    const isOver = untilUs > atUs && untilUs <= lastUs;
    return [
      { ...step, atUs, what: `${name} begins` },
      ...(isOver ? [{ ...step, atUs: untilUs, what: `${name} ends` }] : []),
    ];
  });
}

function titleOfEngines({ id, runId }: TraceInput): string | undefined {
  const key = parseMessageId(id);
  if (key === undefined || messageId(key.sender, key.room, key.n) !== id) return undefined;
  return `${userName(key.sender)} in ${roomName(runId, key.room)}`;
}

/** The connection a message came on, and the request that opened it. */
function relatedIds(lines: readonly LogLine[]): ReadonlySet<string> {
  return new Set(
    lines.flatMap(({ text: { connId, reqId } }) =>
      [connId, reqId].flatMap((one) => (one === undefined || one === '-' ? [] : [one])),
    ),
  );
}

function withHandshakes(logs: readonly LogText[], direct: Found, ids: ReadonlySet<string>): Found {
  const reqIds = direct.lines.flatMap(({ text: { reqId } }) =>
    reqId === undefined ? [] : [reqId],
  );
  return searchLogs(logs, new Set([...ids, ...reqIds]));
}

function stepsOf({ lines, access }: Found, clock: TraceClock, input: TraceInput): readonly Step[] {
  const store = input.hasRedis ? 'redis' : 'memory';
  return [
    ...access.flatMap((line) => accessSteps(line, clock)),
    ...lines.flatMap((line) => lineSteps(line, clock, store)),
  ];
}

function serversSilent({ ownSystem, traceSample, logs }: TraceInput, what: string): string {
  if (!ownSystem) return 'the system was not started by rtops (--url): its logs are not here';
  if (logs.every(({ service }) => service === accessLogService)) {
    return 'the run folder holds no logs of servers: only what users saw can be told';
  }
  const silent = `the servers left no line about this ${what}`;
  if (traceSample === 1) return `${silent}, though all are followed`;
  const share =
    traceSample === undefined || traceSample === 0
      ? 'none is followed'
      : `${Number((traceSample * 100).toPrecision(3))} % are followed, picked by their id`;
  return `${silent}: ${share}; --set server.traceSample=1 follows all`;
}

/** Why nginx does not speak of a connection. */
function socketNotes(
  { hasProxy, hasAccessLog, logs }: TraceInput,
  found: Found,
): readonly string[] {
  if (!hasProxy || found.access.length > 0) return [];
  if (!hasAccessLog) return ['nginx kept no access log: it does with --observe'];
  const log = logs.find(({ service }) => service === accessLogService);
  // That it is gone is a note of its own, and from an empty one nothing follows.
  return log === undefined || log.text === ''
    ? []
    : ['nginx has no line of this connection: it writes that of a WebSocket when it ends'];
}

function commonNotes({ logs, gaps, start }: TraceInput, clock: TraceClock): readonly string[] {
  const damaged = logs
    .map(damageOf)
    .flatMap(({ service, garbage, cut }) => [
      ...(cut ? [`the log of ${service} ends inside a line, which was left out`] : []),
      ...(garbage > 0 ? [garbageText(garbage, service)] : []),
    ]);
  const empty = logs.filter(({ text }) => text === '').map(({ service }) => service);
  return [
    ...gapNotes(gaps),
    ...damaged,
    ...(empty.length === 0 ? [] : [`empty: the log of ${empty.join(', ')}`]),
    ...(clock.skewMs === 0
      ? []
      : [
          `the wall clock moved by ${clock.skewVaries ? 'up to ' : ''}${Math.round(clock.skewMs)} ms ${clock.skewVaries ? 'within the lines of this trace' : 'since the run began'}: nginx's times are off by up to that`,
        ]),
    ...(start.us === undefined && logs.length > 0
      ? [
          'the run did not note its start on the clock of the servers: their times are off by up to 2 ms',
        ]
      : []),
  ];
}

function garbageText(count: number, service: string): string {
  return count === 1
    ? `1 line in the log of ${service} is none that it writes`
    : `${count} lines in the log of ${service} are none that it writes`;
}
