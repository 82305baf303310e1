/** Found lines as steps of a timeline. */
import type { Found } from './log-search.ts';
import { accessSteps, lineSteps } from './log-steps.ts';
import type { AccessNames, OpenedConnection, Reached } from './log-steps.ts';
import type { LogLine } from './log-line.ts';
import { serviceAddresses } from './service-addresses.ts';
import type { Step } from './trace.ts';
import type { TraceClock } from './trace-clock.ts';
import type { TraceInput } from './trace-input.ts';

/** Servers' lines and nginx's, in no order. */
export function foundSteps(
  { lines, access }: Found,
  clock: TraceClock,
  { hasRedis }: Pick<TraceInput, 'hasRedis'>,
  names: AccessNames,
): readonly Step[] {
  const store = hasRedis ? 'redis' : 'memory';
  return [
    ...access.flatMap((line) => accessSteps(line, clock, names)),
    ...lines.flatMap((line) => lineSteps(line, clock, store)),
  ];
}

/** The names in {@link foundSteps}, as far as these logs tell them. */
export function accessNames(
  { logs }: Pick<TraceInput, 'logs'>,
  found: Found,
  clock: TraceClock,
): AccessNames {
  return {
    services: serviceAddresses(logs, found.access),
    connections: openedConnections(found.lines),
    reached: reachedServers(found.lines, clock),
  };
}

/** Of requests with one line: a client may use one id for several. */
function reachedServers(
  lines: readonly LogLine[],
  clock: TraceClock,
): ReadonlyMap<string, Reached> {
  const byRequest = Map.groupBy(
    lines.filter(({ msg }) => msg === 'request answered' || msg === 'connection opened'),
    ({ text }) => text.reqId ?? '',
  );
  return new Map(
    [...byRequest].flatMap(([reqId, [line, ...others]]) => {
      if (reqId === '' || line === undefined || others.length > 0) return [];
      const tookUs = Math.round((line.number.tookMs ?? 0) * 1000);
      const by = line.msg === 'request answered' ? 'answer' : 'session';
      return [[reqId, { atUs: clock.ofLine(line).atUs - tookUs, by }] as const];
    }),
  );
}

/** By the request that opened it. */
function openedConnections(lines: readonly LogLine[]): ReadonlyMap<string, OpenedConnection> {
  return new Map(
    lines.flatMap(({ msg, text: { reqId, user, connId } }) =>
      msg !== 'connection opened' || reqId === undefined || user === undefined
        ? []
        : [[reqId, { user, connId: connId ?? '?' }] as const],
    ),
  );
}
