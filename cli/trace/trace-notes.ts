/** What a trace cannot tell, and why: said beside the steps. */
import type { AccessLine } from './access-line.ts';
import { healthNotes } from './log-health.ts';
import type { LogHealth } from './log-health.ts';
import type { LogLine } from './log-line.ts';
import { accessLogService } from './log-search.ts';
import type { Found } from './log-search.ts';
import { isFollowed, silenceNotes, unfollowedNote } from './server-silence.ts';
import type { Seen } from './server-silence.ts';
import type { TraceClock } from './trace-clock.ts';
import { gapNotes, unlisted } from './trace-gaps.ts';
import type { TraceInput } from './trace-input.ts';

/** A run, and how much of its logs can be read. */
export type ReadRun = Omit<TraceInput, 'logs'> & { readonly logs: readonly LogHealth[] };

/** nginx saw the request, and no server did. */
export function requestSilence(
  run: ReadRun,
  { access }: Found,
  clock: TraceClock,
): readonly string[] {
  const ends = access.map(({ endMs }) => clock.ofWall(endMs).atUs);
  const seen = { fromUs: Math.min(...ends), untilUs: Math.max(...ends) };
  return silenceNotes({ ...run, what: 'request', clock, seen });
}

/**
 * What the servers do not say of a message, and why.
 * @param lines all that they say
 * @param seen when users had to do with it
 */
export function messageSilence(
  run: ReadRun,
  lines: readonly LogLine[],
  clock: TraceClock,
  seen: Seen | undefined,
): readonly string[] {
  if (lines.length === 0) return silenceNotes({ ...run, clock, what: 'message', seen });
  // That it was slow, or refused, is told of all.
  const hasSteps = lines.some(({ msg }) => msg.startsWith('message ') && msg !== 'message slow');
  return hasSteps || isFollowed(run.id, run.traceSample)
    ? []
    : [unfollowedNote('message', run.traceSample)];
}

/** Why nginx does not speak of a connection. */
export function socketNotes(
  { hasProxy, hasAccessLog, logs }: ReadRun,
  access: readonly AccessLine[],
): readonly string[] {
  if (!hasProxy || access.length > 0) return [];
  if (!hasAccessLog) return ['nginx kept no access log: it does with --observe'];
  const log = logs.find(({ service }) => service === accessLogService);
  // That it is gone is a note of its own, and from an empty one nothing follows.
  return log === undefined || log.lines === 0
    ? []
    : ['nginx has no line of this connection: it writes that of a WebSocket when it ends'];
}

export function commonNotes({ logs, gaps, start }: ReadRun, clock: TraceClock): readonly string[] {
  return [
    ...gapNotes(gaps),
    ...indexNotes(gaps, logs, clock),
    ...healthNotes(logs),
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

/** Without the index nothing but its last line tells whether a log was cut. */
function indexNotes(
  { index }: TraceInput['gaps'],
  logs: readonly LogHealth[],
  clock: TraceClock,
): readonly string[] {
  if (index === 'whole') return [];
  const ends = logs.flatMap(({ service, last }) =>
    last === undefined ? [] : [`${service} at ${(clock.ofLine(last).atUs / 1000).toFixed(0)} ms`],
  );
  const seen = ends.length === 0 ? '' : `; the last lines are of ${ends.join(', ')}`;
  return [
    `logs/index.json ${unlisted(index)}: how long each log was is not known, so one may have been cut short${seen}`,
  ];
}
