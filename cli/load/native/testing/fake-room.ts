/** What a server says to the one user of a fake desk about its room. */
import { event } from '../../../../server/contract.ts';
import type { FakeConnection, FakeRun } from './fake-desk.ts';

/** The name of its room. */
export const room = 'run-r0';

/** Nobody says anything but what the test does. */
export const quiet = { rate: { kind: 'per-user', perSec: 0 } } as const;

/** A user in its room, whose log is at 10 under epoch e1, on its first connection. */
export function joined(run: FakeRun): FakeConnection {
  run.until(0);
  const connection = last(run.connections);
  connection.listener.connected();
  answer(connection, event.join, { ok: true, seq: 10, epoch: 'e1' });
  return connection;
}

/** Thrown off and back again, up to where the server has to say what was missed. */
export function cutAndBack(run: FakeRun, ms: number): FakeConnection {
  last(run.connections).listener.closed('cut', 'lost');
  run.until(ms);
  const connection = last(run.connections);
  connection.listener.connected();
  return connection;
}

/** The latest. */
export function last<T>(all: readonly T[]): T {
  const one = all.at(-1);
  if (one === undefined) throw new Error('there is none yet');
  return one;
}

/** Answers the latest question of this name. */
export function answer({ asked, listener }: FakeConnection, name: string, reply: unknown): void {
  listener.ack(last(asked.filter((one) => one.name === name)).ackId, reply);
}

/** Broadcasts to its room. */
export function hear({ listener }: FakeConnection, ...seqs: readonly number[]): void {
  for (const seq of seqs) listener.message(seq, 1, 0, seq, 0, 0);
}

/** Its room's head. */
export function tell({ listener }: FakeConnection, seq: number, epoch: string): void {
  listener.event(event.head, { room, seq, epoch });
}

/** A page of the log, as the answer to who asks for it. */
export function page(from: number, to: number, head: number) {
  const messages = Array.from({ length: to - from + 1 }, (_, i) => ({
    seq: from + i,
    id: `1.0.${from + i}`,
  }));
  return { ok: true, head, messages };
}

/** The values of its records of this kind. */
export function valuesOf(run: FakeRun, wanted: number): readonly number[] {
  return run.records.flatMap(({ kind, value }) => (kind === wanted ? [value] : []));
}

/** The answer to a resume. */
export function resumed(
  { listener }: FakeConnection,
  told: { readonly epoch: string; readonly seq: number; readonly resync?: true },
): void {
  const { epoch, ...ofRoom } = told;
  listener.event(event.resumed, { epoch, rooms: { [room]: ofRoom } });
}
