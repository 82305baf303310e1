/** The auditor's reading of what one pool felt while the other was flooded or hurt. */
import { httpGivenUpCode, httpResetCode, recordKind } from './history.ts';
import type { Message } from './recount-messages.ts';
import { Spread } from './recount-ops.ts';
import type { RawRecord } from './recount-records.ts';
import type { LatencyMs } from './summary.ts';
import type { Span, Spans } from './window-latency.ts';

type SideRecount = {
  readonly acks: number;
  readonly acksFailed: number;
  readonly https: number;
  readonly httpFailed: number;
  readonly ackMs: LatencyMs;
  readonly httpMs: LatencyMs;
};

export type IsolationRecount = { readonly inside: SideRecount; readonly outside: SideRecount };

export type IsolationAudit = {
  /** Every record once: requests, and sends that never left. */
  note(record: RawRecord): void;
  /** Each message once. */
  add(messages: readonly Message[]): void;
  close(): IsolationRecount;
};

const failedCodes = [0, 5, httpResetCode, httpGivenUpCode];

/** Everything counts on the side of when it was due. */
export function auditIsolation({ within, inside, except }: Spans): IsolationAudit {
  const sides = { inside: newSide(), outside: newSide() };
  const sideOf = (us: number): Side | undefined => {
    const isIn = ({ fromMs, toMs }: Span): boolean => us >= fromMs * 1000 && us < toMs * 1000;
    if (!isIn(within) || except.some(isIn)) return undefined;
    return inside.some(isIn) ? sides.inside : sides.outside;
  };
  return {
    note({ kind, code, value, atUs }) {
      if (kind !== recordKind.unsent && kind !== recordKind.http) return;
      const side = sideOf(atUs);
      if (side === undefined) return;
      if (kind === recordKind.unsent) side.acksFailed++;
      else if (failedCodes.includes(code)) side.httpFailed++;
      else if (code === 2 || code === 3) side.http.add(value);
    },
    add(messages) {
      for (const { dueUs, acked, ackedUs } of messages) {
        if (dueUs === undefined) continue;
        const side = sideOf(dueUs);
        if (side === undefined) continue;
        if (acked) side.ack.add(ackedUs - dueUs);
        else side.acksFailed++;
      }
    },
    close: () => ({ inside: recounted(sides.inside), outside: recounted(sides.outside) }),
  };
}

type Side = { readonly ack: Spread; readonly http: Spread; acksFailed: number; httpFailed: number };

function newSide(): Side {
  return { ack: new Spread(), http: new Spread(), acksFailed: 0, httpFailed: 0 };
}

function recounted({ ack, http, acksFailed, httpFailed }: Side): SideRecount {
  return {
    ...{ acks: ack.count, acksFailed, https: http.count, httpFailed },
    ...{ ackMs: ack.latencyMs(), httpMs: http.latencyMs() },
  };
}
