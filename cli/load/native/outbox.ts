/**
 * What one user has to send: its due times, the one message under way, and those given up. At most
 * one message is unacked; later ones wait, and their latency counts from their due time.
 */
import { event } from '../../../server/contract.ts';
import { errorCode, messageId, recordKind } from '../../samples/history.ts';
import { unsentText } from '../driver.ts';
import type { Channel } from './channel.ts';
import { timerFor, type Desk } from './desk.ts';
import { messageBody } from './frames.ts';
import { readReply, refusalCode } from './reply.ts';

/** An ack later than this after the send (or, for `UNAVAILABLE`, the due time) is not waited for. */
const ackWithinUs = 10_000_000;
/** A send that leaves this long after its due time, by the generator's own fault, is late. */
const lateUs = 50_000;
const defaultRetryMs = 200;
const cap32 = 0xffffffff;

export type Sender = {
  readonly index: number;
  readonly room: number;
  readonly roomText: string;
  takeAckId(): number;
  /** Nothing is under way and nothing is due. */
  drained(): void;
};

export class Outbox {
  readonly #desk: Desk;
  readonly #sender: Sender;
  #channel: Channel | undefined;
  /** Number of the next message; it goes on over sessions, so that ids stay unique. */
  #n = 0;
  #k = 0;
  #untilUs = 0;
  /** When the send timer is set for; -1 when none is. */
  #timerUs = -1;
  /** Send `#k` is due and has not left. */
  #due = false;
  #under: Underway | undefined;
  #resendAtUs = -1;
  /** By ack id: messages no longer waited for, whose ack may still come. */
  #givenUp: Map<number, Underway> | undefined;

  constructor(desk: Desk, sender: Sender) {
    this.#desk = desk;
    this.#sender = sender;
  }

  get isDrained(): boolean {
    return this.#under === undefined && !this.#due;
  }

  /** A session's first entry to the room: sends due from now until `untilUs` are this user's. */
  begin(nowUs: number, untilUs: number): void {
    this.#untilUs = untilUs;
    this.#due = false;
    this.#k = this.#desk.pacer.firstSendFrom(this.#sender.index, nowUs);
    this.#schedule(nowUs);
  }

  /**
   * The user is in its room on this connection. What is under way is sent again, id unchanged; a
   * stock client has forgotten it.
   */
  up(channel: Channel, nowUs: number): void {
    this.#channel = channel;
    if (this.#under !== undefined && !this.#resends) this.#giveUp(this.#under);
    if (this.#under !== undefined) this.#transmit(this.#under, nowUs);
    else if (this.#due) this.#sendNext(nowUs);
  }

  down(): void {
    this.#channel = undefined;
    this.#resendAtUs = -1;
  }

  /** The send timer. `atUs` is the time it was set for; a timer that was replaced is ignored. */
  fire(atUs: number, nowUs: number): void {
    if (atUs !== this.#timerUs) return;
    this.#timerUs = -1;
    this.#fallDue(atUs);
    if (nowUs - atUs > lateUs && this.#desk.isHold(atUs))
      this.#desk.measures.counters.lateSends += 1;
    if (this.#under === undefined && this.#channel !== undefined) this.#sendNext(nowUs);
  }

  /** The timer after `UNAVAILABLE`. */
  resend(atUs: number, nowUs: number): void {
    if (atUs !== this.#resendAtUs) return;
    this.#resendAtUs = -1;
    if (this.#under !== undefined && this.#channel !== undefined)
      this.#transmit(this.#under, nowUs);
  }

  ackSeq(ackId: number, seq: number, nowUs: number): void {
    const under = this.#under;
    if (under?.ackId === ackId) {
      this.#under = undefined;
      this.#acked(under, seq, nowUs);
      this.#goOn(nowUs);
      return;
    }
    const late = this.#takeGivenUp(ackId);
    if (late !== undefined) this.#acked(late, seq, nowUs);
  }

  ack(ackId: number, value: unknown, nowUs: number): void {
    const reply = readReply(value);
    if (reply.ok && reply.seq !== undefined) {
      this.ackSeq(ackId, reply.seq, nowUs);
      return;
    }
    const under = this.#under;
    if (under?.ackId !== ackId) {
      if (reply.code !== 'UNAVAILABLE') this.#refusedLate(ackId, reply.code, nowUs);
    } else if (reply.code === 'UNAVAILABLE') {
      this.#unavailable(under, reply.retryAfterMs, nowUs);
    } else {
      this.#under = undefined;
      this.#refused(under, reply.code, nowUs);
      this.#goOn(nowUs);
    }
  }

  /** Gives up on an ack that is overdue on a living connection. */
  check(nowUs: number): void {
    const under = this.#under;
    if (under === undefined || this.#channel === undefined || nowUs < under.deadlineUs) return;
    this.#desk.measures.problem('no ack within 10 s');
    this.#giveUp(under);
    this.#goOn(nowUs);
  }

  /** No further sends fall due; those already due still leave. */
  endAt(untilUs: number): void {
    this.#untilUs = Math.min(this.#untilUs, untilUs);
    if (this.#timerUs >= this.#untilUs) this.#timerUs = -1;
  }

  /** Nothing leaves any more: the session or the drain is over. An ack may still come. */
  end(nowUs: number): void {
    if (this.#under !== undefined) this.#giveUp(this.#under);
    if (this.#due) this.#neverLeft(nowUs);
    this.#due = false;
    this.#timerUs = -1;
    this.down();
  }

  /**
   * The run is over: what was given up and never acked is indeterminate. It took at least as long as
   * it was watched; leaving it out would make a server that hangs look fast.
   */
  close(nowUs: number): void {
    const { histograms } = this.#desk.measures;
    for (const { n, dueUs, waitUs } of this.#givenUp?.values() ?? []) {
      histograms.ack.record(nowUs - dueUs);
      histograms.ackService.record(nowUs - dueUs - waitUs);
      this.#record(recordKind.indeterminate, errorCode.timeout, n, 0, nowUs);
    }
    this.#givenUp?.clear();
  }

  /** Counts every send that is due by now, with the time it has waited in vain. */
  #neverLeft(nowUs: number): void {
    const { counters, histograms } = this.#desk.measures;
    const { index } = this.#sender;
    let unsent = 0;
    for (;;) {
      const dueUs = this.#desk.pacer.sendDueUs(index, this.#k);
      if (dueUs >= this.#untilUs || dueUs > nowUs) break;
      this.#k += 1;
      unsent += 1;
      histograms.ack.record(nowUs - dueUs);
      this.#record(recordKind.unsent, 0, 0, Math.min(nowUs - dueUs, cap32), dueUs);
    }
    counters.unsent += unsent;
    this.#desk.measures.problem(unsentText, unsent);
  }

  /** Sets the timer for send `#k`, or marks it as due if its time has passed. */
  #schedule(nowUs: number): void {
    const dueUs = this.#desk.pacer.sendDueUs(this.#sender.index, this.#k);
    if (dueUs >= this.#untilUs) return;
    if (dueUs <= nowUs) {
      this.#fallDue(dueUs);
      return;
    }
    this.#timerUs = dueUs;
    this.#desk.timer(dueUs, this.#sender.index, timerFor.send);
  }

  #fallDue(dueUs: number): void {
    this.#due = true;
    if (this.#desk.isHold(dueUs)) this.#desk.measures.counters.holdSends += 1;
  }

  #sendNext(nowUs: number): void {
    const { index } = this.#sender;
    const dueUs = this.#desk.pacer.sendDueUs(index, this.#k);
    const waitUs = Math.max(0, nowUs - dueUs);
    const under: Underway = { n: this.#n, dueUs, waitUs, ackId: 0, deadlineUs: 0 };
    this.#n += 1;
    this.#k += 1;
    this.#due = false;
    this.#under = under;
    this.#transmit(under, nowUs);
    this.#record(recordKind.sent, 0, under.n, waitUs, dueUs);
    this.#desk.measures.counters.sent += 1;
    this.#schedule(nowUs);
  }

  #transmit(under: Underway, nowUs: number): void {
    const { index, room, roomText } = this.#sender;
    const body = messageBody(under.dueUs, under.waitUs, this.#desk.scenario.payloadBytes);
    under.ackId = this.#sender.takeAckId();
    under.deadlineUs = nowUs + ackWithinUs;
    this.#channel?.emit(
      event.send,
      `{"id":"${messageId(index, room, under.n)}","room":"${roomText}","body":"${body}"}`,
      under.ackId,
    );
  }

  #acked(sent: Underway, seq: number, nowUs: number): void {
    const { counters, histograms } = this.#desk.measures;
    counters.acked += 1;
    histograms.ack.record(nowUs - sent.dueUs);
    histograms.ackService.record(nowUs - sent.dueUs - sent.waitUs);
    this.#record(recordKind.acked, 0, sent.n, seq, nowUs);
    this.#desk.noteHead(this.#sender.room, seq);
  }

  #refusedLate(ackId: number, code: string | undefined, nowUs: number): void {
    const late = this.#takeGivenUp(ackId);
    if (late !== undefined) this.#refused(late, code, nowUs);
  }

  #takeGivenUp(ackId: number): Underway | undefined {
    const late = this.#givenUp?.get(ackId);
    if (late === undefined) return undefined;
    this.#givenUp?.delete(ackId);
    this.#desk.measures.counters.open -= 1;
    return late;
  }

  #refused(sent: Underway, code: string | undefined, nowUs: number): void {
    this.#desk.measures.counters.refusedSends += 1;
    this.#desk.measures.problem(`send refused: ${code ?? 'an ack that is none'}`);
    this.#record(recordKind.refused, refusalCode(code), sent.n, 0, nowUs);
  }

  /** It may have been stored: tried again with the same id while there is time. */
  #unavailable(under: Underway, retryAfterMs: number | undefined, nowUs: number): void {
    const atUs = nowUs + (retryAfterMs ?? defaultRetryMs) * 1000;
    this.#desk.measures.problem('send answered UNAVAILABLE');
    if (this.#resends && atUs < under.dueUs + ackWithinUs) {
      under.deadlineUs = atUs + ackWithinUs;
      this.#resendAtUs = atUs;
      this.#desk.timer(atUs, this.#sender.index, timerFor.resend);
    } else {
      this.#giveUp(under);
      this.#goOn(nowUs);
    }
  }

  get #resends(): boolean {
    return this.#desk.scenario.client !== 'stock';
  }

  #giveUp(under: Underway): void {
    this.#under = undefined;
    this.#givenUp ??= new Map();
    this.#givenUp.set(under.ackId, under);
    this.#desk.measures.counters.open += 1;
  }

  #goOn(nowUs: number): void {
    if (this.#due && this.#channel !== undefined) this.#sendNext(nowUs);
    else if (this.isDrained) this.#sender.drained();
  }

  #record(kind: number, code: number, n: number, value: number, atUs: number): void {
    const { index, room } = this.#sender;
    this.#desk.history.add(kind, code, index, room, 0, n, value, atUs);
  }
}

/** A message that has left. */
type Underway = {
  readonly n: number;
  readonly dueUs: number;
  readonly waitUs: number;
  ackId: number;
  deadlineUs: number;
};
