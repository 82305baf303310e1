/**
 * What pass 1 of the ledger learns: every message of a run, by id and by (room, seq), and what became
 * of it. Columns instead of objects, so that millions of messages fit: about 70 bytes each.
 */

/** Bits of {@link MessageTable.flags}. */
export const flag = {
  sent: 1,
  acked: 2,
  refused: 4,
  /** Read from the wire by anybody, or learnt by a refetch. */
  arrived: 8,
} as const;

/** A room's messages. An ordinal is a message's place in `list`, the order in which it was met. */
export type RoomMessages = {
  readonly room: number;
  /** Ordinal → message. */
  readonly list: number[];
  /** Seq → message; the first one that claimed the seq. */
  readonly bySeq: number[];
  /** Sender → n → message. */
  readonly bySender: Map<number, number[]>;
  /** Head seq of the completed final read; -1 while there was none. */
  readHead: number;
  /** When the last page of that read was asked for. */
  readUs: number;
  /** It was counted anew in this run: one id may rightly stand under two seqs. */
  isRenumbered: boolean;
  /** Seq → the first message that was acked under it. */
  readonly ackedBySeq: number[];
  /** Two messages were acked under one seq: whoever was told of it, their seqs are of two epochs. */
  isNumberedTwice: boolean;
};

export type MessageTable = {
  readonly count: number;
  readonly sender: Uint32Array;
  readonly room: Uint32Array;
  readonly n: Uint32Array;
  /** The lowest seq it was seen under; 0 = none. */
  readonly seq: Uint32Array;
  /** The first seq it was stored under; 0 = not seen in the final read. */
  readonly storedSeq: Uint32Array;
  readonly ordinal: Uint32Array;
  readonly flags: Uint8Array;
  /** µs since run start; infinite while no `sent` record was met. */
  readonly dueUs: Float64Array;
  /** When it left its sender; infinite while no `sent` record was met. */
  readonly leftUs: Float64Array;
  /** When it is first known to exist: its ack, or its first arrival anywhere. */
  readonly seenUs: Float64Array;
  /** Its first ack; infinite while none was met. */
  readonly ackedUs: Float64Array;
  /** The room, made when it is not there yet. */
  roomOf(room: number): RoomMessages;
  /** The message with this id, made when it is not there yet. */
  byId(sender: number, room: number, n: number): number;
  /** The same, found quicker when its seq is known already. */
  byIdAndSeq(sender: number, room: number, n: number, seq: number): number;
  rooms(): Iterable<RoomMessages>;
};

/** An empty table. */
export function createMessageTable(): MessageTable {
  const rooms: (RoomMessages | undefined)[] = [];
  const table = {
    count: 0,
    ...emptyColumns(1024),
    roomOf(room: number): RoomMessages {
      const known = rooms[room];
      if (known !== undefined) return known;
      const made: RoomMessages = {
        ...{ room, list: [], bySeq: [], bySender: new Map() },
        ...{ readHead: -1, readUs: 0, isRenumbered: false },
        ...{ ackedBySeq: [], isNumberedTwice: false },
      };
      rooms[room] = made;
      return made;
    },
    byId(sender: number, room: number, n: number): number {
      const messages = table.roomOf(room);
      let own = messages.bySender.get(sender);
      if (own === undefined) {
        own = [];
        messages.bySender.set(sender, own);
      }
      const known = own[n];
      if (known !== undefined) return known;
      const m = table.count++;
      if (m === table.seq.length) grow(table);
      table.sender[m] = sender;
      table.room[m] = room;
      table.n[m] = n;
      table.ordinal[m] = messages.list.length;
      messages.list.push(m);
      own[n] = m;
      return m;
    },
    byIdAndSeq(sender: number, room: number, n: number, seq: number): number {
      const messages = table.roomOf(room);
      const known = messages.bySeq[seq];
      if (known !== undefined && table.sender[known] === sender && table.n[known] === n) {
        return known;
      }
      const m = table.byId(sender, room, n);
      const before = table.seq[m] ?? 0;
      if (seq > 0 && (before === 0 || seq < before)) table.seq[m] = seq;
      if (known === undefined) messages.bySeq[seq] = m;
      return m;
    },
    *rooms(): Iterable<RoomMessages> {
      for (const index of Object.keys(rooms)) {
        const room = rooms[Number(index)];
        if (room !== undefined) yield room;
      }
    },
  };
  return table;
}

type Columns = {
  sender: Uint32Array;
  room: Uint32Array;
  n: Uint32Array;
  seq: Uint32Array;
  storedSeq: Uint32Array;
  ordinal: Uint32Array;
  flags: Uint8Array;
  dueUs: Float64Array;
  leftUs: Float64Array;
  seenUs: Float64Array;
  ackedUs: Float64Array;
};

function emptyColumns(length: number): Columns {
  return {
    sender: new Uint32Array(length),
    room: new Uint32Array(length),
    n: new Uint32Array(length),
    seq: new Uint32Array(length),
    storedSeq: new Uint32Array(length),
    ordinal: new Uint32Array(length),
    flags: new Uint8Array(length),
    dueUs: new Float64Array(length).fill(Infinity),
    leftUs: new Float64Array(length).fill(Infinity),
    seenUs: new Float64Array(length).fill(Infinity),
    ackedUs: new Float64Array(length).fill(Infinity),
  };
}

function grow(columns: Columns): void {
  const larger = emptyColumns(columns.seq.length * 2);
  larger.sender.set(columns.sender);
  larger.room.set(columns.room);
  larger.n.set(columns.n);
  larger.seq.set(columns.seq);
  larger.storedSeq.set(columns.storedSeq);
  larger.ordinal.set(columns.ordinal);
  larger.flags.set(columns.flags);
  larger.dueUs.set(columns.dueUs);
  larger.leftUs.set(columns.leftUs);
  larger.seenUs.set(columns.seenUs);
  larger.ackedUs.set(columns.ackedUs);
  Object.assign(columns, larger);
}
