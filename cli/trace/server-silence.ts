/** Why the servers say nothing of a message or request, as far as the run can tell. */
import { sampler } from '../../server/trace/sampler.ts';
import { isFlawed } from './log-health.ts';
import type { LogHealth } from './log-health.ts';
import { accessLogService } from './log-search.ts';
import type { LogStamp } from './log-line.ts';
import type { TraceClock } from './trace-clock.ts';
import type { TraceGaps } from './trace-gaps.ts';

export type SilenceInput = {
  readonly id: string;
  readonly what: 'message' | 'request';
  /** Whether the run's system was one that rtops started. */
  readonly ownSystem: boolean;
  /** The share of ids that are followed; `undefined`: not known. */
  readonly traceSample: number | undefined;
  readonly logs: readonly LogHealth[];
  readonly gaps: TraceGaps;
  readonly clock: TraceClock;
  /** `undefined`: nobody wrote it down. */
  readonly seen: Seen | undefined;
};

/** When users, or nginx, had to do with it, µs since run start. */
export type Seen = { readonly fromUs: number; readonly untilUs: number };

/** Call it where no step of a server was found. The cause first, then what bears it out. */
export function silenceNotes(input: SilenceInput): readonly string[] {
  const { id, what, ownSystem, traceSample } = input;
  if (!ownSystem) return ['the system was not started by rtops (--url): its logs are not here'];
  // Messages go through the nodes that hold connections.
  const logs = input.logs.filter(
    ({ service }) =>
      service !== accessLogService && !(what === 'message' && service.startsWith('api-')),
  );
  if (logs.length === 0) {
    return ['the run folder holds no logs of servers: only what users saw can be told'];
  }
  if (!isFollowed(id, traceSample)) return [unfollowedNote(what, traceSample)];
  const outside = logs.flatMap((log) => outsideNotes(log, input));
  const mayBeGone = outside.length > 0 || logs.some(isFlawed) || hasGaps(input.gaps);
  const share =
    traceSample === 1
      ? 'all are followed'
      : `it is of the ${percent(traceSample)} that are followed`;
  return [
    `no line of a server about this ${what} was found, though ${share}: ${
      mayBeGone
        ? 'the logs are not whole, and it may have stood in what is gone'
        : 'the logs show no gap, so it may have reached no server, or one that ended before it wrote'
    }`,
    ...outside,
  ];
}

/** Whether the servers of a run with this share tell each step of what bears the id. */
export function isFollowed(id: string, traceSample: number | undefined): boolean {
  return traceSample !== undefined && sampler(traceSample).picks(id);
}

/** What is not told of a message that is not followed, and how it would be. */
export function unfollowedNote(what: string, traceSample: number | undefined): string {
  const lacks = what === 'message' ? ' (taken, stored, acked, arrived, emitted)' : '';
  return `the servers log no steps of this ${what}${lacks}: ${unfollowedShare(traceSample)}`;
}

/** Why an id is not followed, and how it would be. */
export function unfollowedShare(traceSample: number | undefined): string {
  const share =
    traceSample === undefined
      ? 'a share is followed, picked by id'
      : traceSample === 0
        ? 'none is followed'
        : `${percent(traceSample)} are followed, picked by their id, and this is none of them`;
  return `${share}; --set server.traceSample=1 follows all`;
}

function percent(share: number | undefined): string {
  return `${Number(((share ?? 0) * 100).toPrecision(3))} %`;
}

/** A log that does not cover the time. */
function outsideNotes(log: LogHealth, { what, clock, seen }: SilenceInput): readonly string[] {
  if (seen === undefined || log.first === undefined || log.last === undefined) return [];
  const atMs = (stamp: LogStamp): string => `${(clock.ofLine(stamp).atUs / 1000).toFixed(0)} ms`;
  if (clock.ofLine(log.first).atUs > seen.untilUs) {
    return [`the log of ${log.service} begins at ${atMs(log.first)}, after this ${what}`];
  }
  if (clock.ofLine(log.last).atUs < seen.fromUs) {
    return [`the log of ${log.service} ends at ${atMs(log.last)}, before this ${what}`];
  }
  return [];
}

/** Without the index a log that was cut at the end of a line shows no gap. */
function hasGaps({ logsGone, logs, leftOutBytes, index, odd }: TraceGaps): boolean {
  const hasShort = logs.length > 0 || Object.keys(leftOutBytes).length > 0;
  return logsGone || hasShort || index !== 'whole' || odd.length > 0;
}
