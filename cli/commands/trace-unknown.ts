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

/** @param before said of what was looked at before */
export function unknownId(
  id: string,
  where: string,
  { logs, history, gaps, underWay }: TraceInput,
  before: readonly string[] = [],
): Failure {
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
    next: underWay
      ? `rtops trace ${id} again: users write down what they did once a second`
      : damage.length === 0
        ? 'rtops trace slowest'
        : 'rtops verify',
  });
}
