/** A desk for one user without a network: the test is its clock and its server. */
import type { HistoryRecord } from '../../../samples/history.ts';
import { pacerOf } from '../../../scenario/pacer.ts';
import type { Scenario } from '../../../scenario/scenario.ts';
import { stagesMs } from '../../../scenario/timeline.ts';
import type { Channel, ChannelListener } from '../channel.ts';
import { ChatUser } from '../chat-user.ts';
import type { Desk, Resume, TimerFor } from '../desk.ts';
import { createMeasures, type Measures } from '../measures.ts';
import { smallScenario } from './small-scenario.ts';

/** One connection, as the server sees it. */
export type FakeConnection = {
  readonly resume: Resume | undefined;
  /** What the user hears. */
  readonly listener: ChannelListener;
  /** What the user asked, oldest first. */
  readonly asked: { readonly name: string; readonly payload: string; readonly ackId: number }[];
};

export type FakeRun = {
  readonly user: ChatUser;
  readonly connections: readonly FakeConnection[];
  readonly records: readonly HistoryRecord[];
  readonly measures: Measures;
  /** Somebody of its worker is acked a message of its room. */
  noteHead(seq: number): void;
  /** Somebody of its worker finds that this epoch began a numbering anew. */
  noteAnew(epoch: string): void;
  /** Goes on to this time; timers and deadlines that fall due on the way are told to the user. */
  until(ms: number): void;
};

/** User 0 of a scenario, here from the start to the end. */
export function fakeRun(wanted: Partial<Scenario> = {}): FakeRun {
  const scenario = smallScenario({ stages: [{ durationMs: 60_000, target: 10 }], ...wanted });
  const connections: FakeConnection[] = [];
  const records: HistoryRecord[] = [];
  const timers: { readonly atUs: number; readonly what: TimerFor }[] = [];
  const measures = createMeasures();
  const endUs = stagesMs(scenario.stages) * 1000;
  let nowUs = 0;
  let head = 0;
  const anew = new Set<string>();
  const desk: Desk = {
    runId: 'run',
    scenario,
    pacer: pacerOf(scenario),
    clock: { nowUs: () => nowUs },
    history: {
      add: (kind, code, user, room, peer, n, value, atUs) =>
        records.push({ kind, code, user, room, peer, n, value, atUs }),
    },
    measures,
    endUs,
    drainUs: scenario.drainMs * 1000,
    random: () => 0.5,
    timer: (atUs, _user, what) => timers.push({ atUs, what }),
    dial: (_user, _kind, resume, listener): Channel => {
      const asked: FakeConnection['asked'] = [];
      connections.push({ resume, listener, asked });
      return {
        emit: (name, payload, ackId) => asked.push({ name, payload, ackId }),
        close: () => undefined,
        check: () => undefined,
      };
    },
    isHold: () => false,
    noteHead: (_room, seq) => {
      head = Math.max(head, seq);
    },
    headOf: () => head,
    noteAnew: (epoch) => {
      anew.add(epoch);
    },
    isAnew: (epoch) => anew.has(epoch),
  };
  const user = new ChatUser(desk, 0, 'lean', [{ fromMs: 0, toMs: endUs / 1000 }]);
  return {
    user,
    connections,
    records,
    measures,
    noteHead: (seq) => desk.noteHead(0, seq),
    noteAnew: (epoch) => desk.noteAnew(epoch),
    until(ms) {
      for (;;) {
        timers.sort((a, b) => a.atUs - b.atUs);
        const next = timers[0];
        if (next === undefined || next.atUs > ms * 1000) break;
        timers.shift();
        nowUs = Math.max(nowUs, next.atUs);
        user.fire(next.what, next.atUs, nowUs);
      }
      nowUs = ms * 1000;
      user.check(nowUs);
    },
  };
}
