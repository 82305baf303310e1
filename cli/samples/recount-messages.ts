/** The auditor's messages of some rooms, and what became of each as a message. */
import { recordKind } from './history.ts';
import type { RawRecord } from './recount-records.ts';

/** A message and all that was ever said of it. Times in µs since run start. */
export type Message = {
  readonly sender: number;
  readonly room: number;
  readonly n: number;
  dueUs: number | undefined;
  waitUs: number;
  /** When it was first sent. */
  sentUs: number | undefined;
  /** Lowest seq of all records that name it. */
  seq: number | undefined;
  acked: boolean;
  refused: boolean;
  arrived: boolean;
  /** The different seqs it has in the final read. */
  readonly storedSeqs: number[];
  /** The earliest proof that it exists: its ack or an arrival. */
  provenUs: number;
  ackedUs: number;
};

export type MessageCounts = Record<
  'sent' | 'acked' | 'refused' | 'recovered' | 'indeterminate' | 'storedTwice',
  number
>;

export type MessageAudit = {
  /** The message that the record is about, where it is about one. */
  note(record: RawRecord): Message | undefined;
  readonly all: readonly Message[];
  /** Rooms in which one seq was acked for two messages. */
  readonly numberedTwice: ReadonlySet<number>;
  /**
   * `unstored`: acked, and not in a log that was read and must have had it. `unreadRooms`: something was
   * acked there, and the log was not read to its end.
   */
  count(): MessageCounts & { readonly unstored: readonly Message[]; readonly unreadRooms: number };
};

/** The final read of a room: its head, and when the last page was asked for. */
type Read = { readonly head: number; readonly askedUs: number };

const logKeeps = 10_000;

/** No message yet. */
export function auditMessages(): MessageAudit {
  const all: Message[] = [];
  /** Room → sender and n in one number → message. */
  const rooms = new Map<number, Map<number, Message>>();
  const reads = new Map<number, Read>();
  /** Room → seq → whose ack named it. */
  const ackedSeqs = new Map<number, Map<number, Message>>();
  const numberedTwice = new Set<number>();

  const messageOf = (sender: number, room: number, n: number): Message => {
    const messages = rooms.get(room) ?? new Map<number, Message>();
    rooms.set(room, messages);
    const id = sender * 0x1000000 + n;
    const known = messages.get(id);
    if (known !== undefined) return known;
    const made = newMessage(sender, room, n);
    messages.set(id, made);
    all.push(made);
    return made;
  };

  return {
    all,
    numberedTwice,
    note(r) {
      if (r.kind === recordKind.readDone) {
        reads.set(r.room, { head: r.value, askedUs: r.atUs - r.n });
        return undefined;
      }
      if (r.kind === recordKind.delivered || r.kind === recordKind.resynced) {
        const message = messageOf(r.peer, r.room, r.n);
        message.arrived = true;
        prove(message, r.value, r.atUs);
        return message;
      }
      if (r.kind === recordKind.stored) {
        // Seqs count from 1.
        if (r.value === 0) return undefined;
        const message = messageOf(r.peer, r.room, r.n);
        if (!message.storedSeqs.includes(r.value)) message.storedSeqs.push(r.value);
        prove(message, r.value, Infinity);
        return message;
      }
      if (!ofSender.has(r.kind)) return undefined;
      const message = messageOf(r.user, r.room, r.n);
      if (r.kind === recordKind.sent) {
        if (message.dueUs === undefined || r.atUs < message.dueUs) message.dueUs = r.atUs;
        message.waitUs = r.value;
        message.sentUs = Math.min(message.sentUs ?? Infinity, r.atUs + r.value);
      } else if (r.kind === recordKind.acked) {
        message.acked = true;
        const seqs = ackedSeqs.get(r.room) ?? new Map<number, Message>();
        ackedSeqs.set(r.room, seqs);
        const other = seqs.get(r.value);
        if (other === undefined) seqs.set(r.value, message);
        else if (other !== message && r.value > 0) numberedTwice.add(r.room);
        message.ackedUs = Math.min(message.ackedUs, r.atUs);
        prove(message, r.value, r.atUs);
      } else if (r.kind === recordKind.refused) {
        message.refused = true;
      }
      return message;
    },
    count: () => countMessages(all, reads),
  };
}

const ofSender: ReadonlySet<number> = new Set([
  recordKind.sent,
  recordKind.acked,
  recordKind.refused,
  recordKind.indeterminate,
]);

function newMessage(sender: number, room: number, n: number): Message {
  return {
    sender,
    room,
    n,
    dueUs: undefined,
    waitUs: 0,
    sentUs: undefined,
    seq: undefined,
    acked: false,
    refused: false,
    arrived: false,
    storedSeqs: [],
    provenUs: Infinity,
    ackedUs: Infinity,
  };
}

function prove(message: Message, seq: number, atUs: number): void {
  if (seq > 0) message.seq = Math.min(message.seq ?? Infinity, seq);
  message.provenUs = Math.min(message.provenUs, atUs);
}

function countMessages(
  messages: readonly Message[],
  reads: ReadonlyMap<number, Read>,
): ReturnType<MessageAudit['count']> {
  const acked = messages.filter((m) => m.acked);
  const unacked = messages.filter((m) => !m.acked);
  const open = unacked.filter((m) => !m.refused && m.dueUs !== undefined);
  const isKnown = (m: Message): boolean => m.arrived || m.storedSeqs.length > 0;
  return {
    sent: messages.filter((m) => m.dueUs !== undefined).length,
    acked: acked.length,
    refused: unacked.filter((m) => m.refused).length,
    recovered: open.filter(isKnown).length,
    indeterminate: open.filter((m) => !isKnown(m)).length,
    unstored: acked.filter((m) => {
      const read = reads.get(m.room);
      if (read === undefined || m.storedSeqs.length > 0) return false;
      const seq = m.seq ?? 0;
      // A message that was acked only after the log was asked for need not be in the answer.
      const wasThere = m.ackedUs <= read.askedUs || seq <= read.head;
      return wasThere && seq > read.head - logKeeps;
    }),
    unreadRooms: new Set(acked.map(({ room }) => room).filter((room) => !reads.has(room))).size,
    storedTwice: messages.reduce((sum, m) => sum + Math.max(0, m.storedSeqs.length - 1), 0),
  };
}
