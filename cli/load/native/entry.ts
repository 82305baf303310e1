/**
 * How a user that is connected gets into its room: it waits for the resume that its handshake asked
 * for, or joins, and tries again until it is in.
 */
import { event } from '../../../server/contract.ts';
import { errorCode, recordKind } from '../../samples/history.ts';
import type { Attempts } from './attempts.ts';
import type { Channel } from './channel.ts';
import { timerFor, type Desk } from './desk.ts';
import type { Feed } from './feed.ts';
import { readReply, readResumed, refusalCode } from './reply.ts';

/** How long a join or a resume may take. */
const withinUs = 10_000_000;
/** A session that ends within this time of asking to join says nothing of the server. */
const joinPatienceUs = 1_000_000;
const cap24 = 0xffffff;
const none = -1;

export type Entrant = {
  readonly index: number;
  readonly room: number;
  readonly roomText: string;
  /** It was in its room before, in this session. */
  readonly isMember: boolean;
  takeAckId(): number;
  /** It is in its room now. */
  entered(nowUs: number): void;
};

export class Entry {
  readonly #desk: Desk;
  readonly #entrant: Entrant;
  readonly #feed: Feed;
  readonly #attempts: Attempts;
  #way: 'none' | 'join' | 'resume' = 'none';
  #channel: Channel | undefined;
  #sinceUs = 0;
  #deadlineUs = 0;
  #rejoinAtUs = none;
  #ackId = none;

  constructor(desk: Desk, entrant: Entrant, feed: Feed, attempts: Attempts) {
    this.#desk = desk;
    this.#entrant = entrant;
    this.#feed = feed;
    this.#attempts = attempts;
  }

  /** On a new connection; `resumes`: its handshake asked to go on from what was seen. */
  begin(channel: Channel | undefined, resumes: boolean, nowUs: number): void {
    this.#channel = channel;
    this.#sinceUs = nowUs;
    if (resumes) {
      this.#way = 'resume';
      this.#deadlineUs = nowUs + withinUs;
    } else {
      this.#join();
    }
  }

  /** A join was asked for and is not answered. */
  get isJoinOpen(): boolean {
    return this.#way === 'join' && this.#ackId !== none;
  }

  isAnsweredBy(ackId: number): boolean {
    return ackId === this.#ackId && ackId !== none;
  }

  /** The timer after a join that was refused. */
  fire(atUs: number): void {
    if (atUs === this.#rejoinAtUs && this.#way === 'join') this.#join();
  }

  check(nowUs: number): void {
    if (this.#way === 'none' || nowUs <= this.#deadlineUs) return;
    if (this.#way === 'resume') {
      this.#desk.measures.problem('no answer to the resume within 10 s');
    } else {
      this.#joinFailed(errorCode.timeout, 'join not answered within 10 s', nowUs);
    }
    this.#join();
  }

  /** The answer to the join. */
  answered(value: unknown, nowUs: number): void {
    this.#ackId = none;
    const reply = readReply(value);
    if (!reply.ok || reply.seq === undefined) {
      this.#refused(reply.code, reply.retryAfterMs, nowUs);
      return;
    }
    const { counters, histograms } = this.#desk.measures;
    counters.joins += 1;
    const tookUs = Math.max(1, nowUs - this.#sinceUs);
    histograms.join.record(tookUs);
    // A member that had to join anew is still owed what came while it was away.
    const { isMember } = this.#entrant;
    const kind = isMember ? recordKind.resumed : recordKind.joined;
    const counted = this.#feed.joined(reply.epoch ?? '', reply.seq, isMember);
    const code = counted === 'on' ? 0 : 1;
    this.#record(kind, code, Math.min(tookUs, cap24), reply.seq, nowUs);
    if (counted === 'anew') this.#record(recordKind.renumbered, 0, 0, reply.seq, nowUs);
    this.#entered(nowUs);
  }

  /** What the server says of a resume; nothing, when none was asked for. */
  resumed(payload: unknown, nowUs: number): void {
    if (this.#way !== 'resume') return;
    const told = readResumed(payload, this.#entrant.roomText);
    if (told === undefined) {
      this.#join();
      return;
    }
    this.#feed.resumed(told);
    this.#record(recordKind.resumed, told.resync ? 1 : 0, 0, told.seq, nowUs);
    this.#entered(nowUs);
  }

  /** The connection is gone, by whose will ever. */
  breakOff(): void {
    this.#way = 'none';
    this.#channel = undefined;
    this.#rejoinAtUs = none;
    this.#ackId = none;
  }

  /** At the end of the run, or after long enough: a user that left at once has itself to thank. */
  giveUp(nowUs: number): void {
    const openUs = nowUs - (this.#deadlineUs - withinUs);
    if (this.isJoinOpen && (nowUs >= this.#desk.endUs || openUs > joinPatienceUs)) {
      this.#joinFailed(errorCode.timeout, 'join not answered before the end', nowUs);
    }
    this.#ackId = none;
  }

  #join(): void {
    this.#way = 'join';
    this.#rejoinAtUs = none;
    this.#deadlineUs = this.#desk.clock.nowUs() + withinUs;
    this.#ackId = this.#entrant.takeAckId();
    this.#feed.joining();
    this.#channel?.emit(event.join, `{"room":"${this.#entrant.roomText}"}`, this.#ackId);
  }

  #refused(code: string | undefined, retryAfterMs: number | undefined, nowUs: number): void {
    this.#joinFailed(refusalCode(code), `join refused: ${code ?? 'no reason'}`, nowUs);
    const waitMs = this.#attempts.nextWaitMs(retryAfterMs);
    this.#rejoinAtUs = Math.round(nowUs + waitMs * 1000);
    this.#deadlineUs = this.#rejoinAtUs + withinUs;
    this.#desk.timer(this.#rejoinAtUs, this.#entrant.index, timerFor.rejoin);
  }

  #entered(nowUs: number): void {
    this.#way = 'none';
    this.#entrant.entered(nowUs);
  }

  #joinFailed(code: number, text: string, nowUs: number): void {
    this.#attempts.joinFailed(code, this.#entrant.room, text, nowUs);
  }

  #record(kind: number, code: number, n: number, value: number, atUs: number): void {
    const { index, room } = this.#entrant;
    this.#desk.history.add(kind, code, index, room, 0, n, value, atUs);
  }
}
