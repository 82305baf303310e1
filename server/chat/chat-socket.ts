/** A signed-in connection to the chat namespace, and what this server keeps about it. */
import type { DefaultEventsMap, Namespace, Socket } from 'socket.io';
import type { Role } from '../contract.ts';

export type SocketData = {
  user: string;
  role: Role;
  /** Rooms it is in, is entering or leaving: what is under way, if anything is. */
  rooms: Map<string, Promise<unknown> | undefined>;
  /** Requests that were taken and not yet answered. */
  inFlight: number;
};

export type ChatSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
export type ChatNamespace = Namespace<
  DefaultEventsMap,
  DefaultEventsMap,
  DefaultEventsMap,
  SocketData
>;
