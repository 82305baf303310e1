/**
 * How a user leaves its room, in three steps: what is under way is awaited; then it asks the server to
 * let it out; then it goes on receiving until the ack, which says up to which seq the room was sent to
 * it. A connection keeps its order, so all of that has been read by then, and the membership ends at a
 * seq instead of at a time.
 */
import { event } from '../../../server/contract.ts';
import type { Channel } from './channel.ts';
import type { Desk } from './desk.ts';
import type { Feed } from './feed.ts';
import { readReply } from './reply.ts';

const none = -1;

export type Leaver = {
  readonly roomText: string;
  /** The connection on which it is in its room; `undefined`: it is not there now. */
  readonly channelIn: Channel | undefined;
  /** Nothing of it is under way. */
  readonly isAtRest: boolean;
  takeAckId(): number;
  endSending(nowUs: number): void;
  /** It goes now; `seq`: the server said up to where it was sent the room. */
  leave(nowUs: number, seq?: number): void;
};

export class Leaving {
  readonly #desk: Desk;
  readonly #leaver: Leaver;
  readonly #feed: Feed;
  /** `finishing` what is under way, or `asking` to be let out of the room. */
  #step: 'no' | 'finishing' | 'asking' = 'no';
  #byUs = 0;
  #ackId = none;

  constructor(desk: Desk, leaver: Leaver, feed: Feed) {
    this.#desk = desk;
    this.#leaver = leaver;
    this.#feed = feed;
  }

  get isUnderway(): boolean {
    return this.#step !== 'no';
  }

  /** A member wants to go. */
  begin(nowUs: number): void {
    this.#step = 'finishing';
    this.#byUs = nowUs + this.#desk.drainUs;
    this.goOn(nowUs);
  }

  /** Asks out as soon as nothing is under way; again, if it was thrown off before the answer. */
  goOn(nowUs: number): void {
    if (this.#step === 'no' || this.#ackId !== none) return;
    const { channelIn, isAtRest } = this.#leaver;
    if (channelIn !== undefined && isAtRest) this.#ask(channelIn, nowUs);
  }

  /** The run is over for one that is in its room: what is under way is not awaited. */
  askNow(nowUs: number): void {
    const { channelIn } = this.#leaver;
    if (this.#step !== 'asking' && channelIn !== undefined) this.#ask(channelIn, nowUs);
  }

  /** Whether its time to leave is over: then the next step was taken. */
  check(nowUs: number): boolean {
    if (this.#step === 'no' || nowUs <= this.#byUs) return false;
    const { channelIn } = this.#leaver;
    if (this.#step === 'finishing' && channelIn !== undefined) this.#ask(channelIn, nowUs);
    else this.#leaver.leave(nowUs);
    return true;
  }

  isAnsweredBy(ackId: number): boolean {
    return ackId === this.#ackId && ackId !== none;
  }

  /** Let out. */
  answered(value: unknown, nowUs: number): void {
    const { ok, seq, epoch } = readReply(value);
    this.#leaver.leave(nowUs, ok && this.#feed.isBoundBy(epoch) ? seq : undefined);
  }

  /** The connection is gone: there comes no answer. */
  breakOff(): void {
    this.#ackId = none;
  }

  /** It has left. */
  end(): void {
    this.#step = 'no';
    this.#ackId = none;
  }

  #ask(channel: Channel, nowUs: number): void {
    if (this.#step !== 'asking') this.#byUs = nowUs + this.#desk.drainUs;
    this.#step = 'asking';
    this.#leaver.endSending(nowUs);
    this.#ackId = this.#leaver.takeAckId();
    channel.emit(event.leave, `{"room":"${this.#leaver.roomText}"}`, this.#ackId);
  }
}
