/** Finds the lines about some ids in the logs of a run. */
import { parseAccessLine } from './access-line.ts';
import type { AccessLine } from './access-line.ts';
import { parseLogLine } from './log-line.ts';
import type { LogLine } from './log-line.ts';

/** A log as text: of a server, or nginx's access log. */
export type LogText = { readonly service: string; readonly text: string };

export type Found = {
  readonly lines: readonly LogLine[];
  readonly access: readonly AccessLine[];
};

const idFields = ['msgId', 'reqId', 'connId', 'socketId'] as const;

/** As it stands in the lines of {@link isOfConnection}. */
const ofConnection = '"msg":"connection ';

/** It opened, was upgraded or closed: told of every connection. */
export function isOfConnection({ msg }: LogLine): boolean {
  return msg.startsWith('connection ');
}

/** The name under which nginx's access log lies beside the logs of services. */
export const accessLogService = 'nginx-access';

/**
 * Lines of servers that bear one of the ids, and nginx's of those requests. By file, as written.
 * @param users whose connections are looked for too
 */
export function searchLogs(
  logs: readonly LogText[],
  ids: ReadonlySet<string>,
  users: ReadonlySet<string> = new Set(),
): Found {
  const lines: LogLine[] = [];
  const access: AccessLine[] = [];
  // As JSON writes them: a quote in an id is two characters in its line.
  const needles = [...ids].map((id) => JSON.stringify(id));
  for (const { service, text } of logs) {
    for (const line of linesOf(text)) {
      const mayBeUsers = users.size > 0 && line.includes(ofConnection);
      if (!mayBeUsers && !needles.some((needle) => line.includes(needle))) continue;
      if (service === accessLogService) {
        const found = parseAccessLine(line);
        if (found !== undefined && ids.has(found.requestId)) access.push(found);
      } else {
        const found = parseLogLine(service, line);
        if (found === undefined) continue;
        const isUsers = mayBeUsers && isOfConnection(found) && users.has(found.text.user ?? '');
        if (isUsers || idFields.some((name) => ids.has(found.text[name] ?? ''))) lines.push(found);
      }
    }
  }
  return { lines, access };
}

/** Some ids that are in the logs, by kind: for those who ask for one that is not. */
export function knownIds(
  logs: readonly LogText[],
  atMost: number,
): Readonly<Record<(typeof idFields)[number], readonly string[]>> {
  const known = { msgId: new Set<string>(), reqId: new Set<string>() };
  const connections = { connId: new Set<string>(), socketId: new Set<string>() };
  const all = { ...known, ...connections };
  for (const { service, text } of logs) {
    if (service === accessLogService) continue;
    for (const line of linesOf(text)) {
      const { text: fields } = parseLogLine(service, line) ?? { text: {} };
      for (const name of idFields) {
        const id = (fields as Readonly<Partial<Record<string, string>>>)[name];
        if (id !== undefined && all[name].size < atMost) all[name].add(id);
      }
      if (idFields.every((name) => all[name].size >= atMost)) break;
    }
  }
  return {
    msgId: [...all.msgId],
    reqId: [...all.reqId],
    connId: [...all.connId],
    socketId: [...all.socketId],
  };
}

/** Its lines, one after the other: a log may hold a million. */
export function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    yield text.slice(from, to);
    from = to + 1;
  }
}
