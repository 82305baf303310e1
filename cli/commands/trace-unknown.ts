/** The refusals of `rtops trace`: an id that nobody has seen, or that is in no file any more. */
import { exitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { healthNotes, logHealth } from '../trace/log-health.ts';
import { knownIds } from '../trace/log-search.ts';
import type { LogText } from '../trace/log-search.ts';
import { gapNotes } from '../trace/trace-gaps.ts';
import type { TraceInput } from '../trace/trace-input.ts';

const shownIds = 3;
const searchedIds = 2000;

/** The run's report names the message, and its files do not hold it: they were whole once. */
export function pickGone(
  asked: string,
  id: string,
  runId: string,
  { gaps, logs }: TraceInput,
): Failure {
  const notes = [...gapNotes(gaps), ...unreadNotes(logs)];
  return new Failure(exitCode.badFile, `${id}, the ${asked} of run ${runId}, is not in its files`, {
    why:
      notes.length === 0
        ? 'its report names the message; its history and logs do not'
        : 'its report names the message; what would tell of it is damaged',
    evidence: notes,
    next: `rtops verify ${runId}`,
  });
}

/** That a log is empty may be as it was. */
function unreadNotes(logs: readonly LogText[]): readonly string[] {
  return healthNotes(logs.map(logHealth).filter(({ cut, unreadable }) => cut || unreadable > 0));
}

export type LookedAt = {
  /** `run 2026…`. */
  readonly where: string;
  /** Said of what was looked at before. */
  readonly before: readonly string[];
  /** The command that leads on; `undefined`: what the input says does. */
  readonly next: string | undefined;
  readonly input: TraceInput;
};

/** Nobody has seen the id. */
export function unknownId(id: string, { where, before, next, input }: LookedAt): Failure {
  const { logs, history, gaps } = input;
  const damage = [...gapNotes(gaps), ...unreadNotes(logs)];
  const known = knownIds(logs, searchedIds);
  const near = nearestName(id, Object.values(known).flat());
  const sample = (name: string, ids: readonly string[]): readonly string[] =>
    ids.length === 0 ? [] : [`${name}: ${ids.slice(0, shownIds).join(', ')}`];
  const sent = history?.sentByThem ?? 0;
  return new Failure(exitCode.usage, `${JSON.stringify(id)} is not in ${where}`, {
    why:
      sent > 0
        ? `that user sent ${sent} messages in that room: the last number is 0 to ${sent - 1}`
        : near === undefined && damage.length > 0
          ? 'it may be in what is not there any more'
          : near === undefined
            ? 'an id is that of a message (the engine’s are sender.room.number), of a request, a connection or a socket; or slowest, or lost'
            : `did you mean ${JSON.stringify(near)}?`,
    evidence: [
      ...before,
      ...damage,
      ...sample('messages in the logs', known.msgId),
      ...sample('requests', known.reqId),
      ...sample('connections', known.connId),
      ...sample('sockets', known.socketId),
    ],
    next: next ?? nextOf(id, input, damage, Object.values(known).flat()[0]),
  });
}

/** What leads on: outside of any run nothing has a slowest message. */
function nextOf(
  id: string,
  { underWay, runId }: TraceInput,
  damage: readonly string[],
  known: string | undefined,
): string {
  if (underWay) return `rtops trace ${id} again: users write down what they did once a second`;
  if (runId === null) return known === undefined ? 'rtops bench' : `rtops trace ${known}`;
  return damage.length === 0 ? `rtops trace slowest ${runId}` : `rtops verify ${runId}`;
}
