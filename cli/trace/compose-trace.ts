/** From the lines and records about an id to its ordered timelines, and what could not be told. */
import { messageId, parseMessageId, roomName, userName } from '../samples/history.ts';
import { logHealth } from './log-health.ts';
import { isOfConnection, searchLogs } from './log-search.ts';
import type { Found, LogText } from './log-search.ts';
import type { LogLine } from './log-line.ts';
import { accessSteps, lineSteps } from './log-steps.ts';
import { memberConnections } from './member-connections.ts';
import type { MessageMembers } from './member-connections.ts';
import { theLog } from './message-history.ts';
import { inOrder } from './trace.ts';
import type { Step, Timeline, Trace } from './trace.ts';
import { traceClock } from './trace-clock.ts';
import type { TraceClock } from './trace-clock.ts';
import type { TraceInput } from './trace-input.ts';
import { commonNotes, messageSilence, requestSilence, socketNotes } from './trace-notes.ts';
import type { ReadRun } from './trace-notes.ts';

/** `undefined`: nobody has seen this id. */
export function composeTrace(input: TraceInput): Trace | undefined {
  const { id, logs, history } = input;
  const all = searchLogs(logs, new Set([id]));
  const direct = { ...all, lines: all.lines.filter((line) => isOfRun(input, line)) };
  const ofMessage = direct.lines.filter((line) => line.text.msgId === id);
  if (ofMessage.length > 0 || history?.met === true) return messageTrace(input, ofMessage);
  const connIds = new Set(
    direct.lines.flatMap(({ text: { connId } }) => (connId === undefined ? [] : [connId])),
  );
  const around = withHandshakes(logs, direct, new Set([id, ...connIds]));
  const found = { ...around, lines: around.lines.filter((line) => isOfRun(input, line)) };
  if (found.lines.length === 0 && found.access.length === 0) return undefined;
  const clock = traceClock(input.start, found.lines);
  const run = readRun(input);
  const isConnection = connIds.size > 0;
  const kind = isConnection ? 'connection' : 'request';
  const steps = inOrder(stepsOf(found, clock, input));
  return {
    id,
    kind,
    timelines: [{ title: `${kind} ${id}`, steps }],
    notes: [
      ...(isConnection ? socketNotes(run, found.access) : []),
      ...(isConnection || found.lines.length > 0 ? [] : requestSilence(run, found, clock)),
      ...commonNotes(run, clock),
    ],
  };
}

function readRun(input: TraceInput): ReadRun {
  return { ...input, logs: input.logs.map(logHealth) };
}

/** Rooms of two runs never meet; an id of the engine may have been in the run before. */
export function isOfRun({ id, runId }: Pick<TraceInput, 'id' | 'runId'>, line: LogLine): boolean {
  const key = parseMessageId(id);
  const { room, msgId } = line.text;
  if (key === undefined || msgId !== id) return true;
  // Another client may write its ids as the engine does.
  const isEngines = /^\d{8}-\d{6}-[0-9a-f]{4}-r\d+$/.test(room ?? '');
  return runId === null || room === undefined || !isEngines || room === roomName(runId, key.room);
}

function messageTrace(input: TraceInput, lines: readonly LogLine[]): Trace {
  const { id, history } = input;
  // An id is one message among those of a user in a room: a real client may use it elsewhere too.
  const groups = Map.groupBy(lines, ({ text }) => `${text.user ?? ''} in ${text.room ?? ''}`);
  const engines = history?.met === true ? titleOfEngines(input) : undefined;
  if (engines !== undefined && !groups.has(engines)) groups.set(engines, []);
  const members = engines === undefined ? undefined : membersOf(input);
  const opened = searchLogs(input.logs, relatedIds(lines), namesOf(members)).lines.filter(
    isOfConnection,
  );
  const ofMembers =
    members && memberConnections(opened, members, traceClock(input.start, [...lines, ...opened]));
  // The engine knows whose connections they are; of another client's message its own line says it.
  const connectionsOf = (title: string, own: readonly LogLine[]): readonly LogLine[] => {
    if (title === engines && ofMembers !== undefined) return ofMembers.lines;
    const ids = relatedIds(own);
    return opened.filter(({ text }) => ids.has(text.connId ?? ''));
  };
  const connections = [...groups].flatMap(([title, own]) => connectionsOf(title, own));
  const { access } = searchLogs(input.logs, relatedIds([...lines, ...connections]));
  const clock = traceClock(input.start, [...lines, ...connections]);
  const timelines = [...groups].map(([title, own]): Timeline => {
    const around = connectionsOf(title, own);
    const requests = relatedIds([...own, ...around]);
    const handshakes = access.filter(({ requestId }) => requests.has(requestId));
    const ofUsers = title === engines ? (history?.steps() ?? []) : [];
    const ofServers = stepsOf({ lines: own, access: [] }, clock, input);
    const times = [...ofServers, ...ofUsers].map(({ atUs }) => atUs);
    const [firstUs, lastUs] = [Math.min(...times), Math.max(...times)];
    // How they came in; the end of it matters where it came before the message was done.
    const ofConnections = stepsOf({ lines: around, access: handshakes }, clock, input).filter(
      ({ atUs }) => atUs <= lastUs,
    );
    return {
      title: `message ${id} of ${title}`,
      steps: inOrder([
        ...faultSteps(input, firstUs, lastUs),
        ...ofConnections,
        ...ofServers,
        ...ofUsers,
      ]),
    };
  });
  const missing = engines === undefined ? [] : (history?.missing() ?? []);
  const leftOut = ofMembers?.leftOut ?? 0;
  const run = readRun(input);
  return {
    id,
    kind: 'message',
    timelines,
    notes: [
      ...(missing.length === 0
        ? []
        : [`members without a delivery${input.underWay ? ' so far' : ''}: ${missing.join(', ')}`]),
      ...messageSilence(run, lines, clock, members),
      ...(leftOut === 0
        ? []
        : [`connections of ${leftOut} members that stood unmoved meanwhile are not shown`]),
      ...(connections.length > 0 ? socketNotes(run, access) : []),
      ...(input.messagePath === 'adapter'
        ? [
            'on the path adapter no node logs what arrives from another: only the sending node is seen',
          ]
        : []),
      ...commonNotes(run, clock),
    ],
  };
}

/** Who had to do with the engine's message, and from when to when. */
function membersOf({ id, history }: TraceInput): MessageMembers | undefined {
  const key = parseMessageId(id);
  const steps = history?.steps() ?? [];
  const moving = steps.filter(({ where }) => where !== theLog);
  const times = (moving.length > 0 ? moving : steps).map(({ atUs }) => atUs);
  if (key === undefined || history === undefined || times.length === 0) return undefined;
  return {
    sender: userName(key.sender),
    recipients: history.recipients(),
    ...{ fromUs: Math.min(...times), untilUs: Math.max(...times) },
  };
}

function namesOf(members: MessageMembers | undefined): ReadonlySet<string> {
  if (members === undefined) return new Set();
  return new Set([members.sender, ...members.recipients.map(({ user }) => user)]);
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
  if (runId === null || key === undefined) return undefined;
  if (messageId(key.sender, key.room, key.n) !== id) return undefined;
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
