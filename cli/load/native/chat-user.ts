/**
 * One user: comes at its time, joins its room, sends what falls due, is thrown off and comes back
 * by itself, leaves at its time. What it sees goes to the history before anything is dropped.
 *
 * It leaves in three steps: what is under way is awaited; then it asks the server to let it out of
 * the room; then it goes on receiving until the ack, which says up to which seq the room was sent to
 * it. A connection keeps its order, so all of that has been read by then, and the membership ends at
 * a seq instead of at a time.
 */
import { event } from '../../../server/contract.ts';
import { errorCode, recordKind, roomName } from '../../samples/history.ts';
import type { Histogram } from '../../samples/histogram.ts';
import type { Session } from '../../scenario/timeline.ts';
import { Attempts } from './attempts.ts';
import { backoffMs } from './backoff.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { timerFor, type Desk, type Resume, type TimerFor, type UserKind } from './desk.ts';
import { Feed } from './feed.ts';
import { Itinerary } from './itinerary.ts';
import { Outbox } from './outbox.ts';
import { readReply, readResumed, refusalCode } from './reply.ts';

/** How long a join or a resume may take. */
const entryWithinUs = 10_000_000;
/** A session that ends within this time of asking to join says nothing of the server. */
const joinPatienceUs = 1_000_000;
const cap24 = 0xffffff;

export class ChatUser implements ChannelListener {
  readonly index: number;
  readonly kind: UserKind;
  readonly room: number;
  readonly roomText: string;
  readonly #desk: Desk;
  readonly #outbox: Outbox;
  readonly #feed: Feed;
  readonly #itinerary: Itinerary;
  readonly #attempts: Attempts;
  readonly #deliveries: Histogram;
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
  /** Joined in this session; stays true while thrown off. */
  #member = false;
  /** `finishing` what is under way, or `asking` to be let out of the room. */
  #leaving: 'no' | 'finishing' | 'asking' = 'no';
  #leaveByUs = 0;
  #leaveAckId = -1;
  #lost = false;

  constructor(desk: Desk, index: number, kind: UserKind, sessions: readonly Session[]) {
    this.#desk = desk;
    this.index = index;
    this.kind = kind;
    this.room = Math.floor(index / desk.scenario.roomSize);
    this.roomText = roomName(desk.runId, this.room);
    this.#itinerary = new Itinerary(desk, index, sessions);
    this.#attempts = new Attempts(desk, index);
    this.#outbox = new Outbox(desk, this);
    this.#feed = new Feed(desk, this);
    this.#deliveries = desk.measures.histograms[`${kind}Delivery`];
    this.#itinerary.planArrival(0);
  }

  takeAckId(): number {
    this.#ackId += 1;
    return this.#ackId;
  }

  /** In its room with nothing under way, or not there at all and not about to be. */
  get isQuiet(): boolean {
    if (!this.#member) return this.#phase !== 'dialing' && !this.#isJoinOpen;
    return this.#phase === 'in' && this.#outbox.isDrained && this.#leaving === 'no';
  }

  /** Has no connection and wants none. */
  get isGone(): boolean {
    return this.#channel === undefined && !this.#member;
  }

  /** Whether it has seen its room up to `seq`; those that are not members owe nothing. */
  hasSeen(seq: number): boolean {
    return !this.#member || (this.#phase === 'in' && this.#feed.hasReached(seq));
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Tried, and never got in; `stopped`: a dial cut short by the end of the run is no refusal. */
  isRefused(stopped: boolean): boolean {
    return this.#attempts.isRefused(stopped);
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
        return;
      case timerFor.refetch:
        this.#feed.fire(atUs);
    }
  }

  /** Deadlines; called a few times a second. */
  check(nowUs: number): void {
    this.#feed.check(nowUs);
    if (this.#leaving !== 'no' && nowUs > this.#leaveByUs) {
      if (this.#leaving === 'finishing' && this.#phase === 'in') this.#askOut(nowUs);
      else this.#leave(nowUs);
      return;
    }
    this.#channel?.check(nowUs);
    if (this.#phase === 'in') {
      this.#outbox.check(nowUs);
    } else if (this.#phase === 'joining' || this.#phase === 'resuming') {
      if (nowUs > this.#deadlineUs) this.#entryTimedOut(nowUs);
    }
  }

  /** The stages are over, or the run was stopped: nothing new falls due. */
  endAt(untilUs: number): void {
    this.#outbox.endAt(untilUs);
  }

  /** From now on nothing leaves; what is due and has not left never does. */
  endSending(nowUs: number): void {
    this.#outbox.end(nowUs);
  }

  /** The run is over: who is in its room asks to be let out, who is not goes at once. */
  goHome(nowUs: number): void {
    if (this.#phase !== 'in') this.#goAtOnce(nowUs);
    else if (this.#leaving !== 'asking') this.#askOut(nowUs);
  }

  /** Goes, if it has not yet, and says what became of its sends. */
  finish(nowUs: number): void {
    this.#goAtOnce(nowUs);
    this.#outbox.close(nowUs);
  }

  #goAtOnce(nowUs: number): void {
    if (this.#channel !== undefined || this.#member) this.#leave(nowUs);
    this.#redialAtUs = -1;
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
    if (this.#resume !== undefined) {
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
    this.#attempts.connectFailed(code, text, nowUs);
    this.#redial(nowUs);
  }

  closed(text: string, how: 'lost' | 'final' | 'broken'): void {
    const nowUs = this.#desk.clock.nowUs();
    if (this.#member) this.#feed.away(nowUs);
    this.#disconnected(0, nowUs);
    this.#attempts.thrownOff(text);
    if (how === 'broken') this.#attempts.connectFailed(errorCode.httpStatus, text, nowUs);
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
    this.#deliveries.record(nowUs - dueUs);
    this.#desk.measures.histograms.deliveryService.record(nowUs - dueUs - waitUs);
    this.#desk.history.add(recordKind.delivered, 0, this.index, room, sender, n, seq, nowUs);
    this.#feed.note(seq, nowUs, this.#phase === 'in');
  }

  ackSeq(ackId: number, seq: number): void {
    this.#outbox.ackSeq(ackId, seq, this.#desk.clock.nowUs());
  }

  ack(ackId: number, reply: unknown): void {
    const nowUs = this.#desk.clock.nowUs();
    if (ackId === this.#entryAckId) this.#joinAnswered(reply, nowUs);
    else if (this.#feed.isAnsweredBy(ackId)) this.#fetched(reply, nowUs);
    else if (ackId === this.#leaveAckId) this.#letOut(reply, nowUs);
    else this.#outbox.ack(ackId, reply, nowUs);
  }

  event(name: string, payload: unknown): void {
    if (name === event.resumed && this.#phase === 'resuming') {
      this.#resumed(payload, this.#desk.clock.nowUs());
    } else if (name === event.head && this.#phase === 'in') {
      this.#headTold(payload, this.#desk.clock.nowUs());
    }
  }

  drained(): void {
    if (this.#leaving !== 'no') this.#goOnLeaving(this.#desk.clock.nowUs());
  }

  /** What the handshake asks to go on from; other clients join anew. */
  get #resume(): Resume | undefined {
    return this.#member ? this.#feed.resume : undefined;
  }

  #arrive(dueUs: number, nowUs: number): void {
    this.#itinerary.begin();
    this.#member = false;
    this.#feed.reset();
    this.#attempt = 0;
    this.#lost = false;
    this.#dial(dueUs, nowUs);
  }

  #dial(dueUs: number, nowUs: number): void {
    this.#attempts.made();
    this.#redialAtUs = -1;
    this.#dialDueUs = Math.round(dueUs);
    this.#dialedUs = nowUs;
    this.#phase = 'dialing';
    this.#record(recordKind.connectDue, 0, 0, 0, 0, this.#dialDueUs);
    this.#channel = this.#desk.dial(this.index, this.kind, this.#resume, this);
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

  /** At the end of the run, or after long enough: a user that left at once has itself to thank. */
  #giveUpJoin(nowUs: number): void {
    const openUs = nowUs - (this.#deadlineUs - entryWithinUs);
    if (this.#isJoinOpen && (nowUs >= this.#desk.endUs || openUs > joinPatienceUs)) {
      this.#joinFailed(errorCode.timeout, 'join not answered before the end', nowUs);
    }
    this.#entryAckId = -1;
  }

  get #isJoinOpen(): boolean {
    return this.#phase === 'joining' && this.#entryAckId !== -1;
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
    const { counters, histograms } = this.#desk.measures;
    counters.joins += 1;
    const tookUs = Math.max(1, nowUs - this.#enteredUs);
    histograms.join.record(tookUs);
    // A member that had to join anew is still owed what came while it was away.
    const kind = this.#member ? recordKind.resumed : recordKind.joined;
    const isAnew = this.#feed.joined(reply.epoch ?? '', reply.seq, this.#member);
    const code = this.#member && isAnew ? 1 : 0;
    this.#record(kind, code, this.room, Math.min(tookUs, cap24), reply.seq, nowUs);
    this.#enter(nowUs);
  }

  #resumed(payload: unknown, nowUs: number): void {
    const told = readResumed(payload, this.roomText);
    if (told === undefined) {
      this.#join();
      return;
    }
    this.#feed.resumed(told);
    this.#record(recordKind.resumed, told.resync ? 1 : 0, this.room, 0, told.seq, nowUs);
    this.#enter(nowUs);
  }

  #headTold(payload: unknown, nowUs: number): void {
    const { epoch, seq } = readReply(payload);
    if (seq === undefined || !this.#feed.headTold(epoch, seq)) return;
    this.#record(recordKind.renumbered, 0, this.room, 0, seq, nowUs);
  }

  #enter(nowUs: number): void {
    const { counters } = this.#desk.measures;
    const isFirst = !this.#member;
    this.#phase = 'in';
    this.#attempt = 0;
    this.#member = true;
    this.#attempts.succeeded();
    this.#lost = false;
    counters.users += 1;
    counters.usersPeak = Math.max(counters.usersPeak, counters.users);
    if (isFirst) {
      this.#outbox.begin(nowUs, Math.min(this.#itinerary.endUs, this.#desk.endUs));
    }
    if (this.#channel !== undefined) {
      this.#feed.up(this.#channel, nowUs);
      this.#outbox.up(this.#channel, nowUs);
    }
    if (this.#outbox.isDrained) this.drained();
  }

  #entryTimedOut(nowUs: number): void {
    if (this.#phase === 'resuming') {
      this.#desk.measures.problem('no answer to the resume within 10 s');
    } else {
      this.#joinFailed(errorCode.timeout, 'join not answered within 10 s', nowUs);
    }
    this.#join();
  }

  #fetched(value: unknown, nowUs: number): void {
    this.#feed.fetched(value, nowUs);
    this.#goOnLeaving(nowUs);
  }

  #askToLeave(nowUs: number): void {
    if (this.#phase === 'away' && !this.#member) {
      this.#redialAtUs = -1;
      this.#itinerary.planArrival(nowUs);
      return;
    }
    if (!this.#member) {
      this.#leave(nowUs);
      return;
    }
    this.#leaving = 'finishing';
    this.#leaveByUs = nowUs + this.#desk.drainUs;
    this.#goOnLeaving(nowUs);
  }

  /** Asks out as soon as nothing is under way; again, if it was thrown off before the answer. */
  #goOnLeaving(nowUs: number): void {
    if (this.#leaving === 'no' || this.#phase !== 'in' || this.#leaveAckId !== -1) return;
    if (this.#outbox.isDrained && !this.#feed.isFetching) this.#askOut(nowUs);
  }

  #askOut(nowUs: number): void {
    if (this.#leaving !== 'asking') this.#leaveByUs = nowUs + this.#desk.drainUs;
    this.#leaving = 'asking';
    this.endSending(nowUs);
    this.#leaveAckId = this.takeAckId();
    this.#channel?.emit(event.leave, `{"room":"${this.roomText}"}`, this.#leaveAckId);
  }

  #letOut(value: unknown, nowUs: number): void {
    const { ok, seq, epoch } = readReply(value);
    this.#leave(nowUs, ok && this.#feed.isBoundBy(epoch) ? seq : undefined);
  }

  /**
   * The end of a session; `seq` where the server said up to where it was sent the room. One that was
   * thrown off and is not back is lost: it ends away.
   */
  #leave(nowUs: number, seq?: number): void {
    this.#leaving = 'no';
    this.#leaveAckId = -1;
    this.#feed.end();
    this.endSending(nowUs);
    this.#giveUpJoin(nowUs);
    if (this.#phase === 'in') {
      this.#record(recordKind.left, seq === undefined ? 0 : 1, this.room, 0, seq ?? 0, nowUs);
    } else if (this.#member) {
      this.#lost = true;
      this.#record(recordKind.left, 2, this.room, 0, 0, nowUs);
    }
    const channel = this.#channel;
    if (channel !== undefined) {
      if (this.#phase === 'dialing') this.#phase = 'away';
      else this.#disconnected(1, nowUs);
      channel.close();
    }
    this.#channel = undefined;
    this.#member = false;
    this.#redialAtUs = -1;
    this.#itinerary.planArrival(nowUs);
  }

  #disconnected(meant: 0 | 1, nowUs: number): void {
    const { counters } = this.#desk.measures;
    counters.connected -= 1;
    if (this.#phase === 'in') counters.users -= 1;
    this.#phase = 'away';
    this.#channel = undefined;
    this.#rejoinAtUs = -1;
    this.#leaveAckId = -1;
    this.#feed.breakOff();
    this.#outbox.down();
    this.#record(recordKind.disconnected, meant, 0, 0, 0, nowUs);
  }

  #joinFailed(code: number, text: string, nowUs: number): void {
    this.#attempts.joinFailed(code, this.room, text, nowUs);
  }

  #record(kind: number, code: number, room: number, n: number, value: number, atUs: number): void {
    this.#desk.history.add(kind, code, this.index, room, 0, n, value, atUs);
  }
}
