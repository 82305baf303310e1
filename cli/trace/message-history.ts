/** What the users of a run wrote down about one message, and about the members of its room. */
import { errorCode, recordKind, userName } from '../samples/history.ts';
import type { HistoryRecord } from '../samples/history.ts';
import type { Step } from './trace.ts';

/** Sender, room and number, as in the history. */
export type MessageKey = { readonly sender: number; readonly room: number; readonly n: number };

export type MessageHistory = {
  /** Every record of the run, file by file. */
  note(record: HistoryRecord): void;
  /** Whether the message was met at all. */
  readonly met: boolean;
  /** How many messages of this sender in this room were met. */
  readonly sentByThem: number;
  steps(): readonly Step[];
  /** Members of the room at the end of the run, or until thrown off, that never got it. */
  missing(): readonly string[];
  /** Who got it, with the µs since run start when they had it; then who is {@link missing}. */
  recipients(): readonly Recipient[];
};

export type Recipient = { readonly user: string; readonly doneUs: number | undefined };

/** Where a message stood at the end of the run: what it says there is of no moment on its way. */
export const theLog = 'the log';
/** What befell a member that waits for it is told until this long after the last step. */
const contextUs = 10_000_000;

export function createMessageHistory({ sender, room, n }: MessageKey): MessageHistory {
  const steps: Step[] = [];
  /** Members of the room: when they came in, and left by their own will. */
  const members = new Map<number, { fromUs: number; untilUs: number }>();
  /** Who has it, since when: what befalls them later is another story. */
  const doneUs = new Map<number, number>();
  const context: { user: number; atUs: number; what: string }[] = [];
  let met = false;
  let highest = -1;

  const add = (atUs: number, user: number, what: string): void => {
    met = true;
    steps.push({ atUs, errorUs: 1, where: userName(user), what, source: 'history' });
  };

  return {
    get met() {
      return met;
    },
    get sentByThem() {
      return highest + 1;
    },
    note(record) {
      const { kind, user, value, atUs } = record;
      const isSender = user === sender && record.room === room;
      if (isSender && kind === recordKind.sent) highest = Math.max(highest, record.n);
      if (isSender && record.n === n) {
        if (kind === recordKind.sent) {
          add(atUs, user, 'due');
          add(atUs + value, user, 'sent');
        } else if (kind === recordKind.acked) {
          add(atUs, user, `ack: seq ${value}`);
        } else if (kind === recordKind.refused) {
          add(atUs, user, `refused: ${codeName(record.code)}`);
        } else if (kind === recordKind.indeterminate) {
          add(atUs, user, 'no ack by the end of the run: it may be stored');
        }
      }
      if (record.room === room && record.peer === sender && record.n === n) {
        if (kind === recordKind.delivered) {
          add(atUs, user, doneUs.has(user) ? 'delivered again' : `delivered: seq ${value}`);
          noteDone(user, atUs);
        } else if (kind === recordKind.resynced) {
          add(atUs, user, 'learnt by a refetch');
          noteDone(user, atUs);
        } else if (kind === recordKind.stored) {
          met = true;
          const what = `in the log at the final read: seq ${value}`;
          steps.push({ atUs, errorUs: 1, where: theLog, what, source: 'history' });
        }
      }
      noteMember(record);
    },
    steps() {
      const owed = new Set(this.recipients().map(({ user }) => user)).add(userName(sender));
      const first = Math.min(...steps.map((step) => step.atUs));
      const moving = steps.filter(({ where }) => where !== theLog).map(({ atUs }) => atUs);
      const until = Math.max(...moving) + contextUs;
      return [
        ...steps,
        ...context
          .filter(({ atUs, user }) => {
            const isWaiting = atUs >= first && atUs <= until;
            return isWaiting && owed.has(userName(user)) && atUs <= (doneUs.get(user) ?? Infinity);
          })
          .map(({ user, atUs, what }): Step => ({
            ...{ atUs, errorUs: 1, where: userName(user), what, source: 'history' },
          })),
      ];
    },
    missing() {
      const sentUs = Math.min(...steps.map((step) => step.atUs));
      return [...members]
        .filter(([user, { fromUs, untilUs }]) => {
          return fromUs < sentUs && untilUs > sentUs && !doneUs.has(user);
        })
        .map(([user]) => userName(user));
    },
    recipients() {
      return [
        ...[...doneUs].map(([user, atUs]) => ({ user: userName(user), doneUs: atUs })),
        ...this.missing().map((user) => ({ user, doneUs: undefined })),
      ];
    },
  };

  function noteDone(user: number, atUs: number): void {
    if (!doneUs.has(user)) doneUs.set(user, atUs);
  }

  function noteMember({ kind, code, user, room: where, value, atUs }: HistoryRecord): void {
    const told = (what: string): void => {
      if (members.has(user)) context.push({ user, atUs, what });
    };
    if (kind === recordKind.joined && where === room) {
      // Back by its own will: a membership of its own. The one before is over and not asked after.
      const before = members.get(user);
      if (before === undefined || before.untilUs < atUs) {
        members.set(user, { fromUs: atUs, untilUs: Infinity });
      }
    } else if (kind === recordKind.left && where === room) {
      const member = members.get(user);
      if (member !== undefined) member.untilUs = atUs;
      told('left the room');
    } else if (kind === recordKind.disconnected) {
      told(code === 1 ? 'disconnected by itself' : 'thrown off');
      const member = members.get(user);
      if (code === 1 && member !== undefined) member.untilUs = Math.min(member.untilUs, atUs);
    } else if (kind === recordKind.connected) {
      told('connected again');
    } else if (kind === recordKind.connectFailed) {
      told('could not connect');
    } else if (kind === recordKind.resumed && where === room) {
      told(`resumed at seq ${value}${code === 1 ? ', without all that it missed' : ''}`);
    } else if (kind === recordKind.renumbered && where === room) {
      told(`told that the room is counted anew: it comes live from seq ${value + 1}`);
    }
  }
}

function codeName(code: number): string {
  return Object.entries(errorCode).find(([, value]) => value === code)?.[0] ?? `code ${code}`;
}
