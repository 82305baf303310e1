/** How much of a log can be read, and from when to when it tells. */
import { accessLogService, linesOf } from './log-search.ts';
import type { LogText } from './log-search.ts';
import { isMomentMs, jsonObject, stampOf } from './log-line.ts';
import type { LogStamp } from './log-line.ts';

export type LogHealth = {
  readonly service: string;
  /** Lines with anything in them. */
  readonly lines: number;
  /** Of those: not what the service writes. */
  readonly unreadable: number;
  /** It ends inside a line, which is not counted. */
  readonly cut: boolean;
  /** Of the first and the last line that can be read; `undefined` of nginx's access log too. */
  readonly first: LogStamp | undefined;
  readonly last: LogStamp | undefined;
};

/** Reads every line: one that is spoiled in its middle looks whole at both ends. */
export function logHealth({ service, text }: LogText): LogHealth {
  const isServers = service !== accessLogService;
  let [lines, unreadable] = [0, 0];
  let isLastRead = true;
  let first: LogStamp | undefined;
  let last: LogStamp | undefined;
  for (const line of linesOf(text)) {
    if (line === '') continue;
    lines += 1;
    const fields = jsonObject(line);
    const stamp = fields === undefined || !isServers ? undefined : stampOf(fields);
    isLastRead = isServers ? stamp !== undefined : fields !== undefined && hasTime(fields);
    if (!isLastRead) unreadable += 1;
    if (stamp === undefined) continue;
    first ??= stamp;
    last = stamp;
  }
  const cut = !isLastRead && !text.endsWith('\n');
  return {
    ...{ service, cut, first, last },
    lines: cut ? lines - 1 : lines,
    unreadable: cut ? unreadable - 1 : unreadable,
  };
}

/** nginx's line without a moment in it tells nothing. */
function hasTime({ time }: Readonly<Record<string, unknown>>): boolean {
  return time === undefined || isMomentMs(Number(time) * 1000);
}

/** One sentence a flaw. */
export function healthNotes(logs: readonly LogHealth[]): readonly string[] {
  const empty = logs.filter(isEmpty).map(({ service }) => service);
  return [
    ...logs.flatMap(({ service, lines, unreadable, cut }) => [
      ...(cut ? [`the log of ${service} ends inside a line, which was left out`] : []),
      ...(unreadable > 0
        ? [`${unreadable} of ${lines} lines in the log of ${service} could not be read`]
        : []),
    ]),
    ...(empty.length === 0 ? [] : [`empty: the log of ${empty.join(', ')}`]),
  ];
}

/** Whether lines may have been lost, as far as the log itself shows. */
export function isFlawed(log: LogHealth): boolean {
  return isEmpty(log) || log.cut || log.unreadable > 0;
}

function isEmpty({ lines, cut }: LogHealth): boolean {
  return lines === 0 && !cut;
}
