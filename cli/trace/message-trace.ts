/** A message's way: what its users, the servers and nginx say of it, in order. */
import { messageId, parseMessageId, roomName, userName } from '../samples/history.ts';
import { faultSteps } from './fault-steps.ts';
import { accessNames, foundSteps } from './found-steps.ts';
import { logHealth } from './log-health.ts';
import { isOfConnection, searchLogs } from './log-search.ts';
import type { LogLine } from './log-line.ts';
import { memberConnections } from './member-connections.ts';
import type { MessageMembers } from './member-connections.ts';
import { theLog } from './message-history.ts';
import { inOrder } from './trace.ts';
import type { Step, Timeline, Trace } from './trace.ts';
import { traceClock } from './trace-clock.ts';
import type { TraceClock } from './trace-clock.ts';
import type { TraceInput } from './trace-input.ts';
import { commonNotes, messageSilence, socketNotes } from './trace-notes.ts';

/** How long after the last step of its way it is told what befell a member that waits for it. */
const waitedUs = 10_000_000;

/** @param lines the servers' about it, of several messages where several bear the id */
export function messageTrace(input: TraceInput, lines: readonly LogLine[]): Trace {
  const { id, history } = input;
  // An id is one message among those of a user in a room: a real client may use it elsewhere too.
  const groups = Map.groupBy(lines, ({ text }) => titleOf(text.user, text.room));
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
  const names = accessNames(input, { lines: connections, access }, clock);
  const timelines = [...groups].map(([title, own]): Timeline => {
    const around = connectionsOf(title, own);
    const requests = relatedIds([...own, ...around]);
    const isEngines = title === engines;
    const ofUsers = isEngines ? (history?.steps() ?? []) : [];
    const ofServers = foundSteps({ lines: own, access: [] }, clock, input, names);
    const span = spanOf([...ofServers, ...ofUsers]);
    /** Until when what befalls this user is of the message: who has it is out of the story. */
    const untilOf = (user: string | undefined): number => {
      const recipient = members?.recipients.find((one) => one.user === user);
      if (!isEngines || members === undefined || recipient === undefined) return span.untilUs;
      const doneUs = recipient.doneUs ?? members.owedUntilUs;
      return user === members.sender ? Math.max(doneUs, members.untilUs) : doneUs;
    };
    const ofConnections = [
      ...around.flatMap((line) =>
        until(
          untilOf(line.text.user),
          foundSteps({ lines: [line], access: [] }, clock, input, names),
        ),
      ),
      ...access
        .filter(({ requestId }) => requests.has(requestId))
        .flatMap((line) =>
          until(
            untilOf(names.connections.get(line.requestId)?.user),
            foundSteps({ lines: [], access: [line] }, clock, input, names),
          ),
        ),
    ];
    const owedUntilUs = isEngines ? (members?.owedUntilUs ?? span.untilUs) : span.untilUs;
    const faults = faultSteps(input.faults, {
      fromUs: span.fromUs,
      untilUs: Math.max(span.untilUs, owedUntilUs),
    });
    return {
      title: `message ${id} of ${title}`,
      steps: inOrder([...faults, ...ofConnections, ...ofServers, ...ofUsers]),
    };
  });
  return {
    ...{ id, kind: 'message', timelines },
    notes: notesOf(input, {
      ...{ lines, clock, members, leftOut: ofMembers?.leftOut ?? 0 },
      silent: connections.length > 0 ? access : undefined,
    }),
  };
}

type Told = {
  readonly lines: readonly LogLine[];
  readonly clock: TraceClock;
  readonly members: MessageMembers | undefined;
  readonly leftOut: number;
  /** nginx's lines of the connections; `undefined` without connections. */
  readonly silent: Parameters<typeof socketNotes>[1] | undefined;
};

function notesOf(input: TraceInput, told: Told): readonly string[] {
  const { lines, clock, members, leftOut, silent } = told;
  const missing = members === undefined ? [] : (input.history?.missing() ?? []);
  const run = { ...input, logs: input.logs.map(logHealth) };
  return [
    ...(missing.length === 0
      ? []
      : [`members without a delivery${input.underWay ? ' so far' : ''}: ${missing.join(', ')}`]),
    ...messageSilence(run, lines, clock, members),
    ...(leftOut === 0
      ? []
      : [`connections of ${leftOut} members that stood unmoved meanwhile are not shown`]),
    ...(silent === undefined ? [] : socketNotes(run, silent)),
    ...(input.messagePath === 'adapter'
      ? [
          'on the path adapter no node logs what arrives from another: only the sending node is seen',
        ]
      : []),
    ...commonNotes(run, clock),
  ];
}

/** From its first step to its last; what the log holds at the end of the run is of no moment on it. */
function spanOf(steps: readonly Step[]): { readonly fromUs: number; readonly untilUs: number } {
  const moving = steps.filter(({ where }) => where !== theLog);
  const times = (moving.length > 0 ? moving : steps).map(({ atUs }) => atUs);
  return { fromUs: Math.min(...times), untilUs: Math.max(...times) };
}

function until(untilUs: number, steps: readonly Step[]): readonly Step[] {
  return steps.filter(({ atUs }) => atUs <= untilUs);
}

/** Who had to do with the engine's message, and from when to when. */
function membersOf({ id, history }: TraceInput): MessageMembers | undefined {
  const key = parseMessageId(id);
  const steps = history?.steps() ?? [];
  if (key === undefined || history === undefined || steps.length === 0) return undefined;
  const span = spanOf(steps);
  return {
    sender: userName(key.sender),
    recipients: history.recipients(),
    ...span,
    owedUntilUs: span.untilUs + (history.missing().length > 0 ? waitedUs : 0),
  };
}

function namesOf(members: MessageMembers | undefined): ReadonlySet<string> {
  if (members === undefined) return new Set();
  return new Set([members.sender, ...members.recipients.map(({ user }) => user)]);
}

function titleOfEngines({ id, runId }: TraceInput): string | undefined {
  const key = parseMessageId(id);
  if (runId === null || key === undefined) return undefined;
  if (messageId(key.sender, key.room, key.n) !== id) return undefined;
  return titleOf(userName(key.sender), roomName(runId, key.room));
}

/** A line may lack either. */
function titleOf(user: string | undefined, room: string | undefined): string {
  return `${user ?? 'an unnamed user'} in ${room ?? 'an unnamed room'}`;
}

/** The connection a message came on, and the request that opened it. */
function relatedIds(lines: readonly LogLine[]): ReadonlySet<string> {
  return new Set(
    lines.flatMap(({ text: { connId, reqId } }) =>
      [connId, reqId].flatMap((one) => (one === undefined || one === '-' ? [] : [one])),
    ),
  );
}
