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
  /** Of the last join or resume; '' before it, and where the server names none. */
  #epoch = '';
  /** The epoch that the connection was last told of. */
  #liveEpoch = '';

  constructor(desk: Desk, reader: Reader) {
    this.#room = reader.roomText;
    this.#numbering = new Numbering(desk.measures.counters);
    this.#refetch = new Refetch(desk, reader);
    this.#absence = new Absence(desk.measures);
  }

  /** A new session. */
  reset(): void {
    this.#epoch = '';
    this.#refetch.reset();
    this.#numbering.reset();
    this.#absence.reset();
  }

  /** What a handshake asks to go on from; `undefined` when there is nothing to go on from. */
  get resume(): Resume | undefined {
    if (this.#epoch === '') return undefined;
    return { epoch: this.#epoch, room: this.#room, lastSeq: this.#numbering.lastSeq };
  }

  /** Joined, under this epoch, at this head; `resumes`: what lies below is asked for at the next resume. */
  joined(epoch: string, head: number, resumes: boolean): void {
    const isSameEpoch = this.#enterEpoch(epoch);
    if (!resumes || !isSameEpoch) this.#numbering.raise(head);
  }

  /** Resumed. */
  resumed({ epoch, resync }: ResumedRoom): void {
    this.#enterEpoch(epoch ?? this.#epoch);
    if (resync) this.#refetch.want(this.#numbering.lastSeq);
  }

  /** The member is in its room on this connection. */
  up(channel: Channel, nowUs: number): void {
    if (!this.#refetch.isUnderway) this.#absence.end(nowUs);
    this.#refetch.up(channel);
  }

  /** Told of the room's head. The next resume shall ask under the old epoch: then it refetches. */
  headTold(epoch: string | undefined): void {
    if (epoch === undefined || epoch === this.#liveEpoch) return;
    this.#liveEpoch = epoch;
    this.#numbering.restart();
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

  /** Whether it is the epoch of before. */
  #enterEpoch(epoch: string): boolean {
    const isSame = this.#epoch === '' || epoch === this.#epoch;
    if (!isSame) this.#numbering.restart();
    this.#epoch = epoch;
    this.#liveEpoch = epoch;
    return isSame;
  }
}
