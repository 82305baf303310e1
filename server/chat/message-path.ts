/** What a message travels by: the port between the events of a connection and the two paths. */
import type { HistoryAck } from '../contract.ts';
import type { Appended, NewMessage } from '../log/room-log.ts';
import type { ChatSocket } from './chat-socket.ts';

/** Every promise rejects with `LogUnavailable` within about 2 s when the store does not answer. */
export type MessagePath = {
  /** Once it resolves, every message above `seq` reaches the socket (path `adapter`: tries to). */
  join(socket: ChatSocket, room: string): Promise<{ readonly seq: number; readonly epoch: string }>;
  /** Up to which seq the room was shown to this member, exactly; `undefined` when that is not known. */
  leave(
    socket: ChatSocket,
    room: string,
  ): { readonly seq: number; readonly epoch: string } | undefined;
  has(socket: ChatSocket, room: string): boolean;
  /** Connections of this node that are in the room. */
  members(room: string): number;
  /** Rejoins the rooms of a returning client, replays what it missed, and emits `chat:resumed`. */
  resume(socket: ChatSocket, epoch: string, rooms: ReadonlyMap<string, number>): Promise<void>;
  history(room: string, after: number, limit: number): Promise<Exclude<HistoryAck, { ok: false }>>;
  /** Hands the message to every member; resolves when the sender may be told. */
  send(message: NewMessage): Promise<Appended>;
  /** Where an earlier try of the same message was stored, if it was. */
  find(message: Omit<NewMessage, 'body'>): Promise<Appended | undefined>;
  remove(room: string, seq: number): Promise<boolean>;
  close(): void;
};
