/** Writes one event to the members of a room on this node. */
import type { Metrics } from '../metrics.ts';
import type { ChatSocket } from './chat-socket.ts';
import { backlog, closeSlow } from './slow-client.ts';
import { wireFrame, writeFrame } from './wire-frame.ts';

export type Members = ReadonlySet<ChatSocket>;

export type FanOut = {
  /** To every member. Members too far behind are cut off: they resume from the log. */
  toAll(members: Members, eventName: string, json: string): void;
  /** To every member that keeps up: for what a client can do without. */
  toTheQuick(members: Members, eventName: string, json: string): void;
};

export function fanOut(metrics: Metrics): FanOut {
  return {
    toAll: (members, eventName, json) => {
      const frame = wireFrame(eventName, json);
      for (const socket of members) {
        if (backlog(socket) === 'hard') {
          metrics.slowClientsClosed += 1;
          closeSlow(socket);
        } else {
          writeFrame(socket, frame);
        }
      }
      metrics.messagesDelivered += members.size;
    },
    toTheQuick: (members, eventName, json) => {
      const frame = wireFrame(eventName, json);
      for (const socket of members) if (backlog(socket) === 'none') writeFrame(socket, frame);
    },
  };
}
