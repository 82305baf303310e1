/** What a line of a log says, as a step of a trace. */
import type { AccessLine } from './access-line.ts';
import type { LogLine } from './log-line.ts';
import type { Step } from './trace.ts';
import type { TraceClock } from './trace-clock.ts';

/**
 * A server's line. The store answers inside a server: it gets a step of its own, `redis`. A request
 * is two: when it came, and when its last byte had left, which nginx may know before the server does.
 */
export function lineSteps(line: LogLine, clock: TraceClock, store: string): readonly Step[] {
  const stored = line.msg === 'message stored';
  const step: Step = {
    ...clock.ofLine(line),
    where: stored ? store : line.service,
    what: stored ? storedText(line) : lineText(line),
    source: 'log',
  };
  const { tookMs } = line.number;
  if (line.msg !== 'request answered' || tookMs === undefined) return [step];
  const what = `${line.text.method ?? ''} ${line.text.path ?? ''} came in`;
  return [{ ...step, atUs: step.atUs - Math.round(tookMs * 1000), what }, step];
}

function storedText({ service, number, duplicate }: LogLine): string {
  const took = `${ms(number.tookMs)} after it was taken`;
  return duplicate
    ? `answered ${service}: stored before, as seq ${number.seq ?? '?'} (${took})`
    : `answered ${service}: stored as seq ${number.seq ?? '?'}, published (${took})`;
}

function lineText({ msg, text, number }: LogLine): string {
  switch (msg) {
    case 'connection opened':
      return `connection ${text.connId ?? ''} opened for ${text.user ?? '?'} over ${text.transport ?? '?'}, socket ${text.socketId ?? '?'}`;
    case 'connection upgraded':
      return `upgraded to ${text.transport ?? '?'}${whose(text)}`;
    case 'connection closed':
      return `connection closed: ${text.reason ?? '?'}${whose(text)}`;
    case 'connection refused':
      return `connection refused: ${text.code ?? '?'}`;
    case 'event refused':
      return `${text.event ?? 'event'} refused: ${text.code ?? '?'}`;
    case 'message taken':
      return `taken from ${text.user ?? '?'} on ${text.connId ?? '?'}`;
    case 'message arrived':
      return `arrived: seq ${number.seq ?? '?'}`;
    case 'message emitted':
      return `emitted to ${number.members ?? '?'} member${number.members === 1 ? '' : 's'} here`;
    case 'message replayed':
      return `replayed to socket ${text.socketId ?? '?'}, which came back`;
    case 'message acked':
      return `ack handed to the socket: seq ${number.seq ?? '?'} (${ms(number.tookMs)} after it was taken)`;
    case 'message slow':
      return `slow: stored after ${ms(number.storedMs)}, acked after ${ms(number.tookMs)}`;
    case 'request answered':
      return `answered ${number.status ?? '?'} after ${ms(number.tookMs)}`;
    default:
      return msg;
  }
}

/** Of several users' connections in one timeline each says whose it is. */
function whose({ user, connId }: LogLine['text']): string {
  return user === undefined ? '' : ` (${user}${connId === undefined ? '' : ` on ${connId}`})`;
}

/** Whose a request was, and who is behind the addresses it was sent to, where that is known. */
export type AccessNames = {
  readonly services: ReadonlyMap<string, string>;
  /** By the id of the request that opened it. */
  readonly connections: ReadonlyMap<string, OpenedConnection>;
  /** By request. */
  readonly reached: ReadonlyMap<string, Reached>;
};

/** When a server had a request, µs since run start. A session's comes about after its handshake. */
export type Reached = { readonly atUs: number; readonly by: 'answer' | 'session' };

export type OpenedConnection = { readonly user: string; readonly connId: string };

/** A request as nginx saw it: when it came, and when it ended. */
export function accessSteps(
  line: AccessLine,
  clock: TraceClock,
  { services, connections, reached }: AccessNames,
): readonly Step[] {
  const opened = connections.get(line.requestId);
  const owner = opened === undefined ? '' : `${opened.user} (${opened.connId})`;
  const end = clock.ofWall(line.endMs);
  const isSocket = line.status === 101;
  const told = { where: 'nginx', source: 'access log' } as const;
  const tried = line.upstreams
    .map(({ address, status }) => `${services.get(address) ?? address} (${status})`)
    .join(', then ');
  const header = line.headerMs === undefined ? '' : `, headers after ${ms(line.headerMs)}`;
  const by = `${tried === '' ? 'nginx itself' : tried}${header}`;
  const startUs = end.atUs - Math.round(line.tookMs * 1000);
  // Whole ms, and on a busy machine older ones: nginx has a request before any node has it, and is
  // done with it after.
  const server = reached.get(line.requestId);
  const startErrorUs = Math.max(end.errorUs, startUs - (server?.atUs ?? startUs));
  const endErrorUs = Math.max(
    end.errorUs,
    server?.by === 'answer' ? server.atUs - end.atUs : end.errorUs,
  );
  return [
    {
      ...told,
      atUs: startUs,
      errorUs: startErrorUs,
      orderUs: startUs - startErrorUs,
      what: `${line.method} ${line.path} came in${owner === '' ? '' : ` for ${owner}`}${isSocket ? `; upgraded by ${by}` : ''}`,
    },
    {
      ...told,
      atUs: end.atUs,
      errorUs: endErrorUs,
      orderUs: end.atUs + endErrorUs + 1,
      what: isSocket
        ? `WebSocket${owner === '' ? '' : ` of ${owner}`} ended after ${(line.tookMs / 1000).toFixed(1)} s`
        : `answered ${line.status} by ${by}`,
    },
  ];
}

/** At most three decimals: a server's clock tells µs. */
function ms(value: number | undefined): string {
  return value === undefined ? '? ms' : `${Number(value.toFixed(3))} ms`;
}
