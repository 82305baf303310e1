/**
 * One user: comes at its time, joins its room, sends what falls due, is thrown off and comes back
 * by itself, leaves at its time. What it sees goes to the history before anything is dropped.
 */
import { event } from '../../../server/contract.ts';
import { errorCode, recordKind, roomName } from '../../samples/history.ts';
import type { Histogram } from '../../samples/histogram.ts';
import type { Session } from '../../scenario/timeline.ts';
import { backoffMs } from './backoff.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { timerFor, type Desk, type TimerFor, type UserKind } from './desk.ts';
import { historyPage, readHistoryPage } from './history-page.ts';
import { Outbox } from './outbox.ts';
import { readReply, refusalCode } from './reply.ts';

/** How long a join or a resume may take. */
const entryWithinUs = 10_000_000;
const cap24 = 0xffffff;

export class ChatUser implements ChannelListener {
  readonly index: number;
  readonly kind: UserKind;
  readonly room: number;
  readonly roomText: string;
  readonly #desk: Desk;
  readonly #outbox: Outbox;
  readonly #sessions: readonly Session[];
  readonly #deliveries: Histogram;
  #session = -1;
  /** `away` has no connection; `in` is connected and in the room. */
  #phase: 'away' | 'dialing' | 'joining' | 'resuming' | 'in' = 'away';
  #channel: Channel | undefined;
  #deadlineUs = 0;
  #redialAtUs = -1;
  #rejoinAtUs = -1;
  #dialDueUs = 0;
  #dialedUs = 0;
  #enteredUs = 0;
  #attempt = 0;
  #ackId = 0;
  #entryAckId = -1;
  #fetchAckId = -1;
  /** Joined in this session; stays true while thrown off. */
  #member = false;
  #leaving = false;
  #leaveByUs = 0;
  #epoch = '';
  #lastSeq = 0;
  #attempted = false;
  #wasEverIn = false;
  #failures = 0;
  #lost = false;

  constructor(desk: Desk, index: number, kind: UserKind, sessions: readonly Session[]) {
    this.#desk = desk;
    this.index = index;
    this.kind = kind;
    this.room = Math.floor(index / desk.scenario.roomSize);
    this.roomText = roomName(desk.runId, this.room);
    this.#sessions = sessions;
    this.#outbox = new Outbox(desk, this);
    this.#deliveries = desk.measures.histograms[`${kind}Delivery`];
    this.#planArrival();
  }

  takeAckId(): number {
    this.#ackId += 1;
    return this.#ackId;
  }

  /** In its room with nothing under way, or not there at all and not coming back. */
  get isQuiet(): boolean {
    return this.#member ? this.#phase === 'in' && this.#outbox.isDrained : true;
  }

  /** Whether it has seen its room up to `seq`; those that are not members owe nothing. */
  hasSeen(seq: number): boolean {
    return !this.#member || (this.#phase === 'in' && this.#lastSeq >= seq);
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Tried, and never got in; `stopped`: a dial cut short by the end of the run is no refusal. */
  isRefused(stopped: boolean): boolean {
    return this.#attempted && !this.#wasEverIn && (this.#failures > 0 || !stopped);
  }

  /** A timer set through the desk. `atUs` is the time it was set for. */
  fire(what: TimerFor, atUs: number, nowUs: number): void {
    switch (what) {
      case timerFor.send:
        this.#outbox.fire(atUs, nowUs);
        return;
      case timerFor.resend:
        this.#outbox.resend(atUs, nowUs);
        return;
      case timerFor.arrive:
        if (atUs < this.#desk.endUs) this.#arrive(atUs, nowUs);
        return;
      case timerFor.leave:
        // Who is there at the end stays for the drain and the final read.
        if (atUs < this.#desk.endUs) this.#askToLeave(nowUs);
        return;
      case timerFor.redial:
        if (atUs === this.#redialAtUs) this.#dial(atUs, nowUs);
        return;
      case timerFor.rejoin:
        if (atUs === this.#rejoinAtUs && this.#phase === 'joining') this.#join();
    }
  }

  /** Deadlines; called a few times a second. */
  check(nowUs: number): void {
    if (this.#leaving && nowUs > this.#leaveByUs) {
      this.#leave(nowUs);
      return;
    }
    this.#channel?.check(nowUs);
    if (this.#phase === 'in') {
      this.#outbox.check(nowUs);
    } else if (
      (this.#phase === 'joining' || this.#phase === 'resuming') &&
      this.#entryOverdue(nowUs)
    ) {
      this.#entryTimedOut(nowUs);
    }
  }

  /** The stages are over, or the run was stopped: nothing new falls due. */
  endAt(untilUs: number): void {
    this.#outbox.endAt(untilUs);
  }

  /** The run is over: leaves, and says what became of its sends. */
  finish(nowUs: number): void {
    if (this.#channel !== undefined || this.#member) this.#leave(nowUs);
    this.#redialAtUs = -1;
    this.#outbox.close(nowUs);
  }

  connected(): void {
    const nowUs = this.#desk.clock.nowUs();
    const { counters, histograms } = this.#desk.measures;
    const waitedUs = Math.max(0, this.#dialedUs - this.#dialDueUs);
    const transport = this.kind === 'polling' ? 1 : 0;
    counters.connects += 1;
    counters.connected += 1;
    histograms.connect.record(nowUs - this.#dialDueUs);
    histograms.connectService.record(nowUs - this.#dialDueUs - waitedUs);
    const tookUs = nowUs - this.#dialDueUs;
    this.#record(recordKind.connected, transport, 0, Math.min(waitedUs, cap24), tookUs, nowUs);
    this.#enteredUs = nowUs;
    if (this.#resumes) {
      this.#phase = 'resuming';
      this.#deadlineUs = nowUs + entryWithinUs;
    } else {
      this.#join();
    }
  }

  refused(code: number, text: string): void {
    const nowUs = this.#desk.clock.nowUs();
    this.#channel = undefined;
    this.#phase = 'away';
    this.#connectFailed(code, text, nowUs);
    this.#redial(nowUs);
  }

  closed(text: string, how: 'lost' | 'final' | 'broken'): void {
    const nowUs = this.#desk.clock.nowUs();
    this.#disconnected(0, nowUs);
    this.#desk.measures.problem(`thrown off: ${text}`);
    if (how === 'broken') this.#connectFailed(errorCode.httpStatus, text, nowUs);
    if (how !== 'final') this.#redial(nowUs);
  }

  message(
    seq: number,
    sender: number,
    room: number,
    n: number,
    dueUs: number,
    waitUs: number,
  ): void {
    const nowUs = this.#desk.clock.nowUs();
    const { counters, histograms } = this.#desk.measures;
    counters.delivered += 1;
    this.#deliveries.record(nowUs - dueUs);
    histograms.deliveryService.record(nowUs - dueUs - waitUs);
    this.#desk.history.add(recordKind.delivered, 0, this.index, room, sender, n, seq, nowUs);
    if (seq > this.#lastSeq) this.#lastSeq = seq;
    else counters.repeated += 1;
  }

  ackSeq(ackId: number, seq: number): void {
    this.#outbox.ackSeq(ackId, seq, this.#desk.clock.nowUs());
  }

  ack(ackId: number, reply: unknown): void {
    const nowUs = this.#desk.clock.nowUs();
    if (ackId === this.#entryAckId) this.#joinAnswered(reply, nowUs);
    else if (ackId === this.#fetchAckId) this.#fetched(reply, nowUs);
    else this.#outbox.ack(ackId, reply, nowUs);
  }

  event(name: string, payload: unknown): void {
    if (name === event.resumed && this.#phase === 'resuming') {
      this.#resumed(payload, this.#desk.clock.nowUs());
    }
  }

  drained(): void {
    if (this.#leaving && this.#phase === 'in') this.#leave(this.#desk.clock.nowUs());
  }

  /** Whether the handshake asks for what was missed; other clients join anew. */
  get #resumes(): boolean {
    return this.#desk.scenario.client === 'resume' && this.#member && this.#epoch !== '';
  }

  #planArrival(): void {
    const next = this.#sessions[this.#session + 1];
    if (next === undefined) return;
    this.#desk.timer(Math.round(next.fromMs * 1000), this.index, timerFor.arrive);
  }

  #sessionEndUs(): number {
    return Math.round((this.#sessions[this.#session]?.toMs ?? 0) * 1000);
  }

  #arrive(dueUs: number, nowUs: number): void {
    this.#session += 1;
    this.#member = false;
    this.#epoch = '';
    this.#lastSeq = 0;
    this.#attempt = 0;
    this.#lost = false;
    this.#desk.timer(this.#sessionEndUs(), this.index, timerFor.leave);
    this.#dial(dueUs, nowUs);
  }

  #dial(dueUs: number, nowUs: number): void {
    const { counters } = this.#desk.measures;
    if (!this.#attempted) {
      this.#attempted = true;
      counters.attempted += 1;
    }
    this.#redialAtUs = -1;
    this.#dialDueUs = Math.round(dueUs);
    this.#dialedUs = nowUs;
    this.#phase = 'dialing';
    this.#record(recordKind.connectDue, 0, 0, 0, 0, this.#dialDueUs);
    const resume = this.#resumes
      ? { epoch: this.#epoch, room: this.roomText, lastSeq: this.#lastSeq }
      : undefined;
    this.#channel = this.#desk.dial(this.index, this.kind, resume, this);
  }

  #redial(nowUs: number): void {
    const waitMs = backoffMs(this.#attempt, this.#desk.random());
    this.#attempt += 1;
    this.#redialAtUs = Math.round(nowUs + waitMs * 1000);
    this.#desk.timer(this.#redialAtUs, this.index, timerFor.redial);
  }

  #join(): void {
    this.#phase = 'joining';
    this.#rejoinAtUs = -1;
    const nowUs = this.#desk.clock.nowUs();
    this.#deadlineUs = nowUs + entryWithinUs;
    this.#entryAckId = this.takeAckId();
    this.#channel?.emit(event.join, `{"room":"${this.roomText}"}`, this.#entryAckId);
  }

  #joinAnswered(value: unknown, nowUs: number): void {
    if (this.#phase !== 'joining') return;
    const reply = readReply(value);
    this.#entryAckId = -1;
    if (!reply.ok || reply.seq === undefined) {
      this.#joinFailed(
        refusalCode(reply.code),
        `join refused: ${reply.code ?? 'no reason'}`,
        nowUs,
      );
      const waitMs = reply.retryAfterMs ?? backoffMs(this.#attempt, this.#desk.random());
      this.#attempt += 1;
      this.#rejoinAtUs = Math.round(nowUs + waitMs * 1000);
      this.#deadlineUs = this.#rejoinAtUs + entryWithinUs;
      this.#desk.timer(this.#rejoinAtUs, this.index, timerFor.rejoin);
      return;
    }
    this.#epoch = reply.epoch ?? '';
    const { counters, histograms } = this.#desk.measures;
    counters.joins += 1;
    const tookUs = Math.max(1, nowUs - this.#enteredUs);
    histograms.join.record(tookUs);
    // A member that had to join anew is still owed what came while it was away.
    const kind = this.#member ? recordKind.resumed : recordKind.joined;
    this.#record(kind, 0, this.room, Math.min(tookUs, cap24), reply.seq, nowUs);
    // Only a client that resumes asks for what lies below the head it joined at.
    if (!this.#member || this.#desk.scenario.client !== 'resume') {
      this.#lastSeq = Math.max(this.#lastSeq, reply.seq);
    }
    this.#enter(nowUs);
  }

  #resumed(payload: unknown, nowUs: number): void {
    const { epoch, rooms } = payload as {
      epoch?: string;
      rooms?: Record<string, { seq?: number; resync?: boolean } | undefined>;
    };
    const room = rooms?.[this.roomText];
    if (room === undefined) {
      this.#join();
      return;
    }
    const resync = room.resync === true;
    const sameEpoch = epoch === undefined || epoch === this.#epoch;
    if (epoch !== undefined) this.#epoch = epoch;
    this.#record(recordKind.resumed, resync ? 1 : 0, this.room, 0, room.seq ?? 0, nowUs);
    this.#enter(nowUs);
    if (resync) this.#fetch(sameEpoch ? this.#lastSeq : 0);
  }

  #enter(nowUs: number): void {
    const { counters } = this.#desk.measures;
    const isFirst = !this.#member;
    this.#phase = 'in';
    this.#attempt = 0;
    this.#member = true;
    this.#wasEverIn = true;
    this.#lost = false;
    counters.users += 1;
    counters.usersPeak = Math.max(counters.usersPeak, counters.users);
    if (isFirst) {
      this.#outbox.begin(nowUs, Math.min(this.#sessionEndUs(), this.#desk.endUs));
    }
    if (this.#channel !== undefined) this.#outbox.up(this.#channel, nowUs);
    if (this.#outbox.isDrained) this.drained();
  }

  #entryOverdue(nowUs: number): boolean {
    return nowUs > this.#deadlineUs;
  }

  #entryTimedOut(nowUs: number): void {
    if (this.#phase === 'resuming') {
      this.#desk.measures.problem('no answer to the resume within 10 s');
    } else {
      this.#joinFailed(errorCode.timeout, 'join not answered within 10 s', nowUs);
    }
    this.#join();
  }

  /** Refetches the room after a resync, page by page. */
  #fetch(after: number): void {
    this.#fetchAckId = this.takeAckId();
    this.#channel?.emit(event.history, historyPage(this.roomText, after), this.#fetchAckId);
  }

  #fetched(value: unknown, nowUs: number): void {
    this.#fetchAckId = -1;
    const page = readHistoryPage(value);
    if (page.refused !== undefined) {
      this.#desk.measures.problem(`refetch refused: ${page.refused}`);
      return;
    }
    for (const { seq, sender, room, n } of page.messages) {
      this.#desk.history.add(recordKind.resynced, 0, this.index, room, sender, n, seq, nowUs);
    }
    this.#lastSeq = Math.max(this.#lastSeq, page.lastSeq);
    if (page.lastSeq > 0 && page.lastSeq < page.head) this.#fetch(page.lastSeq);
  }

  #askToLeave(nowUs: number): void {
    if (this.#phase === 'away' && !this.#member) {
      this.#redialAtUs = -1;
      this.#planArrival();
      return;
    }
    if (!this.#member) {
      this.#leave(nowUs);
      return;
    }
    this.#leaving = true;
    this.#leaveByUs = nowUs + this.#desk.drainUs;
    if (this.#phase === 'in' && this.#outbox.isDrained) this.#leave(nowUs);
  }

  /** The end of a session. One that was thrown off and is not back is lost, and has not left. */
  #leave(nowUs: number): void {
    this.#leaving = false;
    const unsent = this.#outbox.end();
    if (unsent > 0) this.#desk.measures.problem('a send was due and never left', unsent);
    if (this.#member && this.#phase !== 'in') this.#lost = true;
    if (this.#phase === 'in') this.#record(recordKind.left, 0, this.room, 0, 0, nowUs);
    const channel = this.#channel;
    if (channel !== undefined) {
      if (this.#phase === 'dialing') this.#phase = 'away';
      else this.#disconnected(1, nowUs);
      channel.close();
    }
    this.#channel = undefined;
    this.#member = false;
    this.#redialAtUs = -1;
    this.#planArrival();
  }

  #disconnected(meant: 0 | 1, nowUs: number): void {
    const { counters } = this.#desk.measures;
    counters.connected -= 1;
    if (this.#phase === 'in') counters.users -= 1;
    this.#phase = 'away';
    this.#channel = undefined;
    this.#rejoinAtUs = -1;
    this.#outbox.down();
    this.#record(recordKind.disconnected, meant, 0, 0, 0, nowUs);
  }

  #connectFailed(code: number, text: string, nowUs: number): void {
    this.#failures += 1;
    this.#desk.measures.counters.connectErrors += 1;
    this.#desk.measures.problem(text);
    this.#record(recordKind.connectFailed, code, 0, 0, 0, nowUs);
  }

  #joinFailed(code: number, text: string, nowUs: number): void {
    this.#failures += 1;
    this.#desk.measures.counters.joinErrors += 1;
    this.#desk.measures.problem(text);
    this.#record(recordKind.joinFailed, code, this.room, 0, 0, nowUs);
  }

  #record(kind: number, code: number, room: number, n: number, value: number, atUs: number): void {
    this.#desk.history.add(kind, code, this.index, room, 0, n, value, atUs);
  }
}
