/**
 * What a member has of its room: the epoch that the room is counted in, how far it got, what it still
 * reads anew, and since when it is away. A new epoch is a new numbering: to ask on by the old one would
 * be to ask for what is not there.
 */
import { recordKind } from '../../samples/history.ts';
import type { Histogram } from '../../samples/histogram.ts';
import { Absence } from './absence.ts';
import type { Channel } from './channel.ts';
import type { Desk, Resume, UserKind } from './desk.ts';
import { Numbering } from './numbering.ts';
import { Refetch, type Reader } from './refetch.ts';
import { readReply, type ResumedRoom } from './reply.ts';

const none = -1;

/** Whose feed it is. */
type Member = Reader & { readonly kind: UserKind; readonly room: number };

/**
 * How a room that is joined again is counted: `on`, or `anew`. Where each process of a system has an
 * epoch of its own, another epoch alone does not tell: who refetches reads the room again all the same.
 */
type Joined = 'on' | 'perhaps' | 'anew';

export class Feed {
  readonly #desk: Desk;
  readonly #member: Member;
  readonly #deliveries: Histogram;
  readonly #numbering: Numbering;
  readonly #refetch: Refetch;
  readonly #absence: Absence;
  /** Whether it makes up for what it missed, as the resume client does. */
  readonly #refetches: boolean;
  /** The last one that it was told of; '' before the first join, and where the server names none. */
  #epoch = '';
  /** How far it had got when its connection ended: a resume goes on from there. */
  #leftOffAt = 0;
  /** The highest seq that it, or anybody the desk knows of, had of the room when it asked to join. */
  #knownHead = 0;
  /**
   * The head that a resume named, until the log or the room shows that it is of the epoch named with
   * it. That is the log's: the room itself may not count in it yet.
   */
  #namedHead = none;
  /** It was not: where the room comes live from is still to be told. */
  #awaitsHead = false;

  constructor(desk: Desk, member: Member) {
    this.#desk = desk;
    this.#member = member;
    this.#deliveries = desk.measures.histograms[`${member.kind}Delivery`];
    this.#refetches = desk.scenario.client === 'resume';
    this.#numbering = new Numbering(desk.measures.counters);
    this.#refetch = new Refetch(desk, member);
    this.#absence = new Absence(desk.measures);
  }

  /** A new session. */
  reset(): void {
    this.#epoch = '';
    this.#doubtNoMore();
    this.#refetch.reset();
    this.#numbering.reset();
    this.#absence.reset();
  }

  /** What a handshake asks to go on from; `undefined` when there is nothing to go on from. */
  get resume(): Resume | undefined {
    if (this.#epoch === '' || !this.#refetches) return undefined;
    const { roomText: room } = this.#member;
    return { epoch: this.#epoch, room, lastSeq: this.#numbering.lastSeq };
  }

  /** A join is asked for. What comes from now on may be newer than the head of its answer. */
  joining(): void {
    this.#knownHead = Math.max(this.#numbering.lastSeq, this.#desk.headOf(this.#member.room));
  }

  /** Joined, under this epoch, at this head; `again`: by one that is a member. */
  joined(epoch: string, head: number, again: boolean): Joined {
    const isOther = this.#epoch !== '' && epoch !== this.#epoch;
    const isAnew = isOther && (head < this.#knownHead || this.#desk.isAnew(epoch));
    if (isAnew) this.#desk.noteAnew(epoch);
    const isOn = !isAnew && (!isOther || !this.#refetches);
    this.#enterEpoch(epoch, !isOn);
    if (!again || !this.#refetches) this.#numbering.raise(head);
    else if (!isOn) this.#refetch.wantAnew(head);
    // Else what lies below the head is asked for at the next resume.
    return isOn ? 'on' : isAnew ? 'anew' : 'perhaps';
  }

  /** Resumed. */
  resumed({ epoch, seq, resync }: ResumedRoom): void {
    const isAnew = this.#enterEpoch(epoch ?? this.#epoch);
    this.#doubtNoMore();
    if (!resync) {
      this.#refetch.replayedAbove(this.#leftOffAt);
      return;
    }
    this.#namedHead = seq;
    const hasGoneBack = seq < this.#leftOffAt;
    if (isAnew && hasGoneBack) this.#desk.noteAnew(this.#epoch);
    if (hasGoneBack) this.#numbering.restart();
    if (isAnew || hasGoneBack) this.#refetch.wantAnew(seq);
    else this.#refetch.want(this.#leftOffAt, seq);
  }

  /** The member is in its room on this connection. */
  up(channel: Channel, nowUs: number): void {
    if (!this.#refetch.isUnderway) this.#absence.end(nowUs);
    this.#refetch.up(channel);
  }

  /**
   * Told of the room's head, in it. Of another epoch, it says that the room is counted anew and comes
   * live from there on: what the node passed over before it said so is refetched.
   */
  headTold(payload: unknown): void {
    const { epoch, seq: head } = readReply(payload);
    if (epoch === undefined || head === undefined) return;
    const isAnew = this.#enterEpoch(epoch);
    const wasAwaited = this.#awaitsHead;
    // Heads of one numbering do not go back: the one that the resume named was of the one before.
    const isToldLate = !isAnew && (wasAwaited || head < this.#namedHead);
    this.#doubtNoMore();
    if (!isAnew && !isToldLate) return;
    this.#desk.noteAnew(epoch);
    const { index, room } = this.#member;
    const nowUs = this.#desk.clock.nowUs();
    this.#desk.history.add(recordKind.renumbered, 0, index, room, 0, 0, head, nowUs);
    if (!this.#refetches) return;
    const { lastSeq } = this.#numbering;
    if (wasAwaited && !isAnew && lastSeq <= head) {
      this.#refetch.want(lastSeq, head);
    } else {
      this.#numbering.restart();
      this.#refetch.wantAnew(head);
    }
  }

  /** A broadcast, as read from the wire; `isIn`: by a member in its room. */
  received(
    seq: number,
    sender: number,
    room: number,
    n: number,
    dueUs: number,
    waitUs: number,
    isIn: boolean,
  ): void {
    const { clock, measures, history } = this.#desk;
    const nowUs = clock.nowUs();
    this.#deliveries.record(nowUs - dueUs);
    measures.histograms.deliveryService.record(nowUs - dueUs - waitUs);
    history.add(recordKind.delivered, 0, this.#member.index, room, sender, n, seq, nowUs);
    this.#numbering.note(seq, nowUs, isIn && !this.#refetch.isUnderway);
  }

  /** The timer of a page that is to be asked for again. */
  fire(atUs: number): void {
    this.#refetch.fire(atUs);
  }

  isAnsweredBy(ackId: number): boolean {
    return this.#refetch.isAnsweredBy(ackId);
  }

  /** A page of the log. */
  fetched(page: unknown, nowUs: number): void {
    const { reached, head } = this.#refetch.take(page, nowUs);
    this.#numbering.raise(reached);
    if (head !== undefined) {
      this.#awaitsHead ||= head < this.#namedHead;
      this.#namedHead = none;
    }
    if (!this.#refetch.isUnderway) this.#absence.end(nowUs);
  }

  get isFetching(): boolean {
    return this.#refetch.isUnderway;
  }

  hasReached(seq: number): boolean {
    return this.#numbering.hasReached(seq);
  }

  /** Whether a seq that the server named under `epoch` bounds what this member was sent. */
  isBoundBy(epoch: string | undefined): boolean {
    return (epoch === undefined || epoch === this.#epoch) && this.#refetch.isWhole;
  }

  check(nowUs: number): void {
    this.#numbering.check(nowUs);
  }

  /** Thrown off. */
  away(nowUs: number): void {
    this.#absence.begin(nowUs);
  }

  /** The connection is gone, by whose will ever. */
  breakOff(): void {
    this.#leftOffAt = this.#numbering.lastSeq;
    this.#doubtNoMore();
    this.#numbering.breakOff();
    this.#refetch.breakOff();
  }

  /** The session ends. */
  end(): void {
    this.#numbering.end();
  }

  /** Whether it is another one than before: then the room is counted anew, if that `counts`. */
  #enterEpoch(epoch: string, counts = true): boolean {
    const isAnew = counts && this.#epoch !== '' && epoch !== this.#epoch;
    if (isAnew) this.#numbering.restart();
    this.#epoch = epoch;
    return isAnew;
  }

  #doubtNoMore(): void {
    this.#namedHead = none;
    this.#awaitsHead = false;
  }
}
