/**
 * What a member has of its room: the epoch that the room is counted in, how far it got, what it still
 * reads anew, and since when it is away. A new epoch is a new numbering: to ask on by the old one would
 * be to ask for what is not there.
 */
import { Absence } from './absence.ts';
import type { Channel } from './channel.ts';
import type { Desk, Resume } from './desk.ts';
import { Numbering } from './numbering.ts';
import { Refetch, type Reader } from './refetch.ts';
import type { ResumedRoom } from './reply.ts';

export class Feed {
  readonly #room: string;
  readonly #numbering: Numbering;
  readonly #refetch: Refetch;
  readonly #absence: Absence;
  /** Whether it makes up for what it missed, as the resume client does. */
  readonly #refetches: boolean;
  /** The last one that it was told of; '' before the first join, and where the server names none. */
  #epoch = '';
  /** The epoch was told of by a resume, which names the log's: the room itself may not count in it yet. */
  #awaitsHead = false;

  constructor(desk: Desk, reader: Reader) {
    this.#refetches = desk.scenario.client === 'resume';
    this.#room = reader.roomText;
    this.#numbering = new Numbering(desk.measures.counters);
    this.#refetch = new Refetch(desk, reader);
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
    return { epoch: this.#epoch, room: this.#room, lastSeq: this.#numbering.lastSeq };
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
   * Told of the room's head. Whether the room comes live from there on, and not from where it was: it
   * is counted anew, and what the node passed over before it said so is refetched.
   */
  headTold(epoch: string | undefined, head: number): boolean {
    if (epoch === undefined) return false;
    const isAnew = this.#enterEpoch(epoch);
    const isPassedOver = this.#awaitsHead && !isAnew && head > this.#numbering.lastSeq;
    this.#awaitsHead = false;
    if (this.#refetches) {
      if (isAnew) this.#refetch.wantAnew(head);
      else if (isPassedOver) this.#refetch.want(this.#numbering.lastSeq, head);
    }
    return isAnew || isPassedOver;
  }

  /** A broadcast; `isIn`: of a member in its room. */
  note(seq: number, nowUs: number, isIn: boolean): void {
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
