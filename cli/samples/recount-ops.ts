/** The auditor's count of operations and of how long they took. */
import { httpGivenUpCode, httpResetCode, recordKind } from './history.ts';
import type { Message } from './recount-messages.ts';
import type { RawRecord } from './recount-records.ts';
import type { LatencyMs } from './summary.ts';

/**
 * `count` counts what ended well and what did not; the latencies are of what was answered, and of
 * sends also of what was not: at least from due to the end of the watch.
 */
export type OpRecount = {
  readonly count: number;
  readonly errors: number;
  readonly latencyMs: LatencyMs;
  readonly serviceMs: LatencyMs;
};

/** HTTP by connection: opened for the request, or kept and closed under it. */
export type HttpRecount = {
  readonly fresh: number;
  readonly freshErrors: number;
  readonly reusedResets: number;
  readonly givenUp: number;
};

export type OpAudit = {
  /** Every record once: connections, joins, requests, and sends that never left. */
  note(record: RawRecord): void;
  /** An ack, or the end of waiting for one. It counts as an error when there was none. */
  acked(message: Message, atUs: number): void;
  delivered(message: Message, atUs: number): void;
  /** Sends that ended in this many acks, and so many without one. */
  count(acks: number, without: number): void;
  close(): { ops: Readonly<Record<string, OpRecount>>; http: HttpRecount };
};

/** Nothing seen yet. */
export function auditOps(): OpAudit {
  const ops = {
    connect: newOp(),
    'chat.join': newOp(),
    'chat.ack': newOp(),
    'chat.delivery': newOp(),
    http: newOp(),
  };
  const http = { fresh: 0, freshErrors: 0, reusedResets: 0, givenUp: 0 };
  return {
    note(r) {
      if (r.kind === recordKind.unsent) {
        failed(ops['chat.ack']);
        ops['chat.ack'].latency.add(r.value);
      } else if (r.kind === recordKind.connected) {
        measured(ops.connect, r.value, r.value - r.n);
      } else if (r.kind === recordKind.connectFailed) {
        failed(ops.connect);
      } else if (r.kind === recordKind.joined || (r.kind === recordKind.resumed && r.n > 0)) {
        // A member that came back by a join is `resumed`, with the time the join took.
        measured(ops['chat.join'], r.n, r.n);
      } else if (r.kind === recordKind.joinFailed) {
        failed(ops['chat.join']);
      } else if (r.kind === recordKind.http) {
        const isError = r.code !== 2 && r.code !== 3;
        if (isError) failed(ops.http);
        else ops.http.count++;
        if (r.peer === 1) http.fresh++;
        if (r.peer === 1 && isError) http.freshErrors++;
        const isReset = r.code === httpResetCode;
        if (isReset) http.reusedResets++;
        if (r.code === httpGivenUpCode) http.givenUp++;
        if (r.code !== 0 && !isReset) addLatency(ops.http, r.value, r.value - r.n);
      }
    },
    acked(message, atUs) {
      sinceDue(ops['chat.ack'], message, atUs);
    },
    delivered(message, atUs) {
      sinceDue(ops['chat.delivery'], message, atUs);
      ops['chat.delivery'].count++;
    },
    count(acks, without) {
      ops['chat.ack'].count += acks + without;
      ops['chat.ack'].errors += without;
    },
    close: () => ({
      ops: Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, recounted(op)])),
      http,
    }),
  };
}

type Op = { count: number; errors: number; readonly latency: Spread; readonly service: Spread };

function newOp(): Op {
  return { count: 0, errors: 0, latency: new Spread(), service: new Spread() };
}

function measured(op: Op, latencyUs: number, serviceUs: number): void {
  op.count++;
  addLatency(op, latencyUs, serviceUs);
}

function sinceDue(op: Op, { dueUs, waitUs }: Message, atUs: number): void {
  // The worker that sent it was cut short before it wrote so.
  if (dueUs === undefined) return;
  addLatency(op, atUs - dueUs, atUs - dueUs - waitUs);
}

function addLatency(op: Op, latencyUs: number, serviceUs: number): void {
  op.latency.add(latencyUs);
  op.service.add(serviceUs);
}

function failed(op: Op): void {
  op.count++;
  op.errors++;
}

function recounted({ count, errors, latency, service }: Op): OpRecount {
  return { count, errors, latencyMs: latency.latencyMs(), serviceMs: service.latencyMs() };
}

/** From here on a ms is a ten-thousandth: a tenth of what the report's figures are held to. */
const exactBelowUs = 10_000_000;
/** Where the figures of a report end. */
const longestUs = 3_600_000_000;

/**
 * How often each value was seen: to the µs below 10 s, to the ms above. Latencies repeat, so it stays
 * small, and below what a Map can hold (2^24) even where each value there is was seen.
 */
export class Spread {
  readonly #times = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(us: number): void {
    const value =
      us < exactBelowUs ? Math.max(us, 1) : Math.round(Math.min(us, longestUs) / 1000) * 1000;
    this.#times.set(value, (this.#times.get(value) ?? 0) + 1);
    this.#count++;
  }

  /** Nearest rank over the sorted values. */
  latencyMs(): LatencyMs {
    const values = Float64Array.from(this.#times.keys()).sort();
    const at = (q: number): number => {
      let left = Math.max(1, Math.ceil(q * this.#count - 1e-9));
      const value = values.find((us) => (left -= this.#times.get(us) ?? 0) <= 0);
      return (value ?? 0) / 1000;
    };
    return {
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      p999: at(0.999),
      max: at(1),
    };
  }
}
