/**
 * One user: comes at its time, joins its room, sends what falls due, is thrown off and comes back
 * by itself, leaves at its time. What it sees goes to the history before anything is dropped. How it
 * connects, gets in, reads, sends and leaves is each a part of its own.
 */
import { event } from '../../../server/contract.ts';
import { errorCode, roomName } from '../../samples/history.ts';
import type { Session } from '../../scenario/timeline.ts';
import { Attempts } from './attempts.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { timerFor, type Desk, type Resume, type TimerFor, type UserKind } from './desk.ts';
import { Entry } from './entry.ts';
import { Feed } from './feed.ts';
import { Itinerary } from './itinerary.ts';
import { Leaving } from './leaving.ts';
import { Line } from './line.ts';
import { Outbox } from './outbox.ts';
import { Stay } from './stay.ts';

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
  readonly #line: Line;
  readonly #entry: Entry;
  readonly #leaving: Leaving;
  readonly #stay: Stay;
  /** `away` has no connection; `in` is connected and in the room. */
  #phase: 'away' | 'dialing' | 'entering' | 'in' = 'away';
  #ackId = 0;

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
    this.#line = new Line(desk, index, kind, this.#attempts);
    this.#entry = new Entry(desk, this, this.#feed, this.#attempts);
    this.#leaving = new Leaving(desk, this, this.#feed);
    this.#stay = new Stay(desk, index, this.room);
    this.#itinerary.planArrival(0);
  }

  takeAckId(): number {
    this.#ackId += 1;
    return this.#ackId;
  }

  get isMember(): boolean {
    return this.#stay.isMember;
  }

  /** The connection on which it is in its room; `undefined` while it is not there. */
  get channelIn(): Channel | undefined {
    return this.#phase === 'in' ? this.#line.channel : undefined;
  }

  /** Nothing of it is under way that a leave would wait for. */
  get isAtRest(): boolean {
    return this.#outbox.isDrained && !this.#feed.isFetching;
  }

  /** In its room with nothing under way, or not there at all and not about to be. */
  get isQuiet(): boolean {
    if (!this.isMember) return this.#phase !== 'dialing' && !this.#entry.isJoinOpen;
    return this.#phase === 'in' && this.#outbox.isDrained && !this.#leaving.isUnderway;
  }

  /** Has no connection and wants none. */
  get isGone(): boolean {
    return this.#line.channel === undefined && !this.isMember;
  }

  /** Whether it has seen its room up to `seq`, and reads nothing more; who is no member owes nothing. */
  hasSeen(seq: number): boolean {
    if (!this.isMember) return true;
    return this.#phase === 'in' && !this.#feed.isFetching && this.#feed.hasReached(seq);
  }

  get isLost(): boolean {
    return this.#stay.isLost;
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
        if (this.#line.isRedialDue(atUs)) this.#dial(atUs, nowUs);
        return;
      case timerFor.rejoin:
        this.#entry.fire(atUs);
        return;
      case timerFor.refetch:
        this.#feed.fire(atUs);
    }
  }

  /** Deadlines; called a few times a second. */
  check(nowUs: number): void {
    this.#feed.check(nowUs);
    if (this.#leaving.check(nowUs)) return;
    this.#line.channel?.check(nowUs);
    if (this.#phase === 'in') this.#outbox.check(nowUs);
    else this.#entry.check(nowUs);
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
    if (this.#phase === 'in') this.#leaving.askNow(nowUs);
    else this.#goAtOnce(nowUs);
  }

  /** Goes, if it has not yet, and says what became of its sends. */
  finish(nowUs: number): void {
    this.#goAtOnce(nowUs);
    this.#outbox.close(nowUs);
  }

  #goAtOnce(nowUs: number): void {
    if (!this.isGone) this.leave(nowUs);
    this.#line.dialNoMore();
  }

  connected(): void {
    const nowUs = this.#desk.clock.nowUs();
    this.#line.connected(nowUs);
    this.#phase = 'entering';
    this.#entry.begin(this.#line.channel, this.#resume !== undefined, nowUs);
  }

  refused(code: number, text: string): void {
    const nowUs = this.#desk.clock.nowUs();
    this.#line.drop();
    this.#phase = 'away';
    this.#attempts.connectFailed(code, text, nowUs);
    this.#line.redialLater(nowUs);
  }

  closed(text: string, how: 'lost' | 'final' | 'broken'): void {
    const nowUs = this.#desk.clock.nowUs();
    if (this.isMember) this.#feed.away(nowUs);
    this.#disconnected(false, nowUs);
    this.#attempts.thrownOff(text);
    if (how === 'broken') this.#attempts.connectFailed(errorCode.httpStatus, text, nowUs);
    if (how !== 'final') this.#line.redialLater(nowUs);
  }

  message(
    seq: number,
    sender: number,
    room: number,
    n: number,
    dueUs: number,
    waitUs: number,
  ): void {
    this.#feed.received(seq, sender, room, n, dueUs, waitUs, this.#phase === 'in');
  }

  ackSeq(ackId: number, seq: number): void {
    this.#outbox.ackSeq(ackId, seq, this.#desk.clock.nowUs());
  }

  ack(ackId: number, reply: unknown): void {
    const nowUs = this.#desk.clock.nowUs();
    if (this.#entry.isAnsweredBy(ackId)) this.#entry.answered(reply, nowUs);
    else if (this.#feed.isAnsweredBy(ackId)) this.#fetched(reply, nowUs);
    else if (this.#leaving.isAnsweredBy(ackId)) this.#leaving.answered(reply, nowUs);
    else this.#outbox.ack(ackId, reply, nowUs);
  }

  event(name: string, payload: unknown): void {
    if (name === event.resumed) this.#entry.resumed(payload, this.#desk.clock.nowUs());
    else if (name === event.head && this.#phase === 'in') this.#feed.headTold(payload);
  }

  drained(): void {
    if (this.#leaving.isUnderway) this.#leaving.goOn(this.#desk.clock.nowUs());
  }

  /** What the handshake asks to go on from; other clients join anew. */
  get #resume(): Resume | undefined {
    return this.isMember ? this.#feed.resume : undefined;
  }

  #arrive(dueUs: number, nowUs: number): void {
    this.#itinerary.begin();
    this.#stay.reset();
    this.#feed.reset();
    this.#attempts.restart();
    this.#dial(dueUs, nowUs);
  }

  #dial(dueUs: number, nowUs: number): void {
    this.#phase = 'dialing';
    this.#line.dial(dueUs, nowUs, this.#resume, this);
  }

  /** In its room: for the first time in this session, or again. */
  entered(nowUs: number): void {
    this.#phase = 'in';
    this.#attempts.succeeded();
    if (this.#stay.entered()) {
      this.#outbox.begin(nowUs, Math.min(this.#itinerary.endUs, this.#desk.endUs));
    }
    const { channel } = this.#line;
    if (channel !== undefined) {
      this.#feed.up(channel, nowUs);
      this.#outbox.up(channel, nowUs);
    }
    if (this.#outbox.isDrained) this.drained();
  }

  #fetched(value: unknown, nowUs: number): void {
    this.#feed.fetched(value, nowUs);
    this.#leaving.goOn(nowUs);
  }

  #askToLeave(nowUs: number): void {
    if (this.isMember) {
      this.#leaving.begin(nowUs);
    } else if (this.#phase === 'away') {
      this.#line.dialNoMore();
      this.#itinerary.planArrival(nowUs);
    } else {
      this.leave(nowUs);
    }
  }

  /** The end of a session; `seq` where the server said up to where it was sent the room. */
  leave(nowUs: number, seq?: number): void {
    this.#leaving.end();
    this.#feed.end();
    this.endSending(nowUs);
    this.#entry.giveUp(nowUs);
    this.#stay.end(this.#phase === 'in', seq, nowUs);
    const { channel } = this.#line;
    if (channel !== undefined) {
      if (this.#phase === 'dialing') this.#phase = 'away';
      else this.#disconnected(true, nowUs);
      channel.close();
    }
    this.#line.drop();
    this.#line.dialNoMore();
    this.#itinerary.planArrival(nowUs);
  }

  #disconnected(meant: boolean, nowUs: number): void {
    if (this.#phase === 'in') this.#stay.interrupted();
    this.#phase = 'away';
    this.#entry.breakOff();
    this.#leaving.breakOff();
    this.#feed.breakOff();
    this.#outbox.down();
    this.#line.ended(meant, nowUs);
  }
}
