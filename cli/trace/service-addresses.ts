/** Which services stand behind the addresses that nginx writes. */
import { parseAccessLine } from './access-line.ts';
import type { AccessLine } from './access-line.ts';
import { parseLogLine } from './log-line.ts';
import { accessLogService, linesOf } from './log-search.ts';
import type { LogText } from './log-search.ts';

/** Lines of a server that bear the id of a request which it answered. */
const answers = ['"msg":"connection opened"', '"msg":"request answered"'];

/**
 * Address → service. Who logged a request that an address answered is behind it, whatever stands
 * between; most of them decide, for a client may use one id for several requests.
 * @param access whose upstreams are wanted
 */
export function serviceAddresses(
  logs: readonly LogText[],
  access: readonly AccessLine[],
): ReadonlyMap<string, string> {
  const wanted = new Set(access.flatMap(({ upstreams }) => upstreams.map((one) => one.address)));
  if (wanted.size === 0) return new Map();
  const answered = answeredBy(logs, wanted);
  const votes = new Map<string, Map<string, number>>();
  for (const { service, text } of logs) {
    if (service === accessLogService) continue;
    for (const line of linesOf(text)) {
      if (!answers.some((one) => line.includes(one))) continue;
      const address = answered.get(parseLogLine(service, line)?.text.reqId ?? '');
      if (address === undefined) continue;
      const of = votes.get(address) ?? new Map<string, number>();
      votes.set(address, of.set(service, (of.get(service) ?? 0) + 1));
    }
  }
  return new Map(
    [...votes].flatMap(([address, of]) => {
      const [first, second] = [...of].toSorted((a, b) => b[1] - a[1]);
      return first === undefined || first[1] === second?.[1] ? [] : [[address, first[0]] as const];
    }),
  );
}

/** Request → the wanted address that answered it. */
function answeredBy(
  logs: readonly LogText[],
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { service, text } of logs) {
    if (service !== accessLogService) continue;
    for (const line of linesOf(text)) {
      const parsed = parseAccessLine(line);
      const last = parsed?.upstreams.at(-1);
      if (parsed !== undefined && last !== undefined && wanted.has(last.address)) {
        found.set(parsed.requestId, last.address);
      }
    }
  }
  return found;
}
