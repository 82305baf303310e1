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

/** Whose feed it is. */
type Member = Reader & { readonly kind: UserKind; readonly room: number };

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
  /** The epoch was told of by a resume, which names the log's: the room itself may not count in it yet. */
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
    this.#awaitsHead = false;
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

  /**
   * Joined, under this epoch, at this head; `again`: by one that is a member. Whether the room is
   * counted anew.
   */
  joined(epoch: string, head: number, again: boolean): boolean {
    const isAnew = this.#enterEpoch(epoch);
    if (!again || !this.#refetches) this.#numbering.raise(head);
    else if (isAnew) this.#refetch.wantAnew(head);
    // Else what lies below the head is asked for at the next resume.
    return isAnew;
  }

  /** Resumed. */
  resumed({ epoch, seq, resync }: ResumedRoom): void {
    const isAnew = this.#enterEpoch(epoch ?? this.#epoch);
    this.#awaitsHead = isAnew;
    if (!resync) return;
    if (isAnew) this.#refetch.wantAnew(seq);
    else this.#refetch.want(this.#numbering.lastSeq, seq);
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
    const isPassedOver = this.#awaitsHead && !isAnew && head > this.#numbering.lastSeq;
    this.#awaitsHead = false;
    if (!isAnew && !isPassedOver) return;
    const { index, room } = this.#member;
    const nowUs = this.#desk.clock.nowUs();
    this.#desk.history.add(recordKind.renumbered, 0, index, room, 0, 0, head, nowUs);
    if (!this.#refetches) return;
    if (isAnew) this.#refetch.wantAnew(head);
    else this.#refetch.want(this.#numbering.lastSeq, head);
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
    this.#numbering.raise(this.#refetch.take(page, nowUs));
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
    this.#numbering.breakOff();
    this.#refetch.breakOff();
  }

  /** The session ends. */
  end(): void {
    this.#numbering.end();
  }

  /** Whether it is another one than before: then the room is counted anew. */
  #enterEpoch(epoch: string): boolean {
    const isAnew = this.#epoch !== '' && epoch !== this.#epoch;
    if (isAnew) this.#numbering.restart();
    this.#epoch = epoch;
    return isAnew;
  }
}
