/**
 * Test data: the history of a failover as it should go. Users send once a second in rooms of ten; at
 * `killAtMs` those on the node are thrown off, back away by their own wait, dial, resume and go on.
 */
import type { FaultWindow } from '../fault-window.ts';
import { recordKind } from '../history.ts';
import type { HistoryRecord } from '../history.ts';

export type FailoverShape = {
  readonly users: number;
  /** Users 0 … onNode − 1 are on the node that dies. */
  readonly onNode: number;
  /** `null`: nothing happens. */
  readonly killAtMs: number | null;
  /** Wait of user i before it dials again; `null`: it never comes back. */
  readonly backoffMs: (user: number) => number | null;
  readonly endMs: number;
};

const detectMs = 3;
const connectMs = 4;
const resumeMs = 5;
const ackMs = 2;

/** One file of records, each user's in time order. */
export function failoverRun(shape: FailoverShape): readonly HistoryRecord[] {
  const records: HistoryRecord[] = [];
  for (let user = 0; user < shape.users; user++) {
    const room = Math.floor(user / 10);
    const write = (kind: number, ms: number, part: Partial<HistoryRecord> = {}): void => {
      const empty = { code: 0, peer: 0, n: 0, value: 0, user, room };
      records.push({ ...empty, kind, atUs: Math.round(ms * 1000), ...part });
    };
    write(recordKind.connectDue, 0, { room: 0 });
    write(recordKind.connected, 5, { room: 0 });
    write(recordKind.joined, 10);
    const waitMs = shape.backoffMs(user);
    const dies = shape.killAtMs !== null && user < shape.onNode;
    const offMs = dies ? (shape.killAtMs ?? 0) + detectMs : Infinity;
    const dialMs = waitMs === null ? Infinity : offMs + waitMs;
    const backMs = dialMs + connectMs + resumeMs;
    let wasOff = false;
    let isBack = false;
    for (let n = 0; 20 + user + n * 1000 < shape.endMs; n++) {
      const dueMs = 20 + user + n * 1000;
      const isAway = dueMs + ackMs > offMs && dueMs < backMs;
      if (dueMs + ackMs > offMs && !wasOff) {
        wasOff = true;
        write(recordKind.disconnected, offMs, { room: 0 });
      }
      if (wasOff && !isBack && (isAway || dueMs >= backMs) && backMs < Infinity) {
        isBack = true;
        write(recordKind.connectDue, dialMs, { room: 0 });
        write(recordKind.connected, dialMs + connectMs, { room: 0 });
        write(recordKind.resumed, backMs);
      }
      if (isAway && backMs === Infinity) continue;
      const ackedMs = (isAway ? backMs : dueMs) + ackMs;
      write(recordKind.sent, dueMs, { n });
      write(recordKind.acked, ackedMs, { n, value: 1 + n * 10 + (user % 10) });
      write(recordKind.delivered, ackedMs, { peer: user, n, value: 1 + n * 10 + (user % 10) });
    }
  }
  return records;
}

/** The window of a kill that was there from `atMs` on for 5 s. */
export function killWindow(atMs: number, change: Partial<FaultWindow> = {}): FaultWindow {
  return {
    text: `kill@ws-2,at=${atMs}ms,for=5s`,
    kind: 'kill',
    node: 'ws-2',
    atMs,
    untilMs: atMs + 5000,
    clientsOnNode: 50,
    evidence: 'pid 812 is gone',
    effective: true,
    ...change,
  };
}
