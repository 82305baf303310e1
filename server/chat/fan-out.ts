/** Writes one event to the members of a room on this node. */
import { event } from '../contract.ts';
import type { Metrics } from '../metrics.ts';
import type { ChatSocket } from './chat-socket.ts';
import { backlog, cutOffSlow } from './slow-client.ts';
import { wireFrame, writeFrame, type WireFrame } from './wire-frame.ts';

export type Members = ReadonlySet<ChatSocket>;

export type FanOut = {
  /** To every member. Members too far behind are cut off: they resume from the log. */
  toAll(members: Members, eventName: string, json: string): void;
  /** To every member that keeps up: for what a client can do without. */
  toTheQuick(members: Members, eventName: string, json: string): void;
  /** To one client, whatever its backlog: for what it asked for. */
  toOne(socket: ChatSocket, eventName: string, json: string): void;
};

export function fanOut(metrics: Metrics): FanOut {
  const written = (eventName: string, frame: WireFrame, recipients: number): void => {
    metrics.eventsSent.add(eventName, recipients);
    metrics.sentBytes += recipients * frame.bytes;
  };
  return {
    toAll: (members, eventName, json) => {
      const fromMs = performance.now();
      const frame = wireFrame(eventName, json);
      let recipients = 0;
      for (const socket of members) {
        if (cutOffSlow(socket, metrics)) continue;
        writeFrame(socket, frame);
        recipients += 1;
      }
      written(eventName, frame, recipients);
      if (eventName === event.message) {
        metrics.broadcastSeconds.observe((performance.now() - fromMs) / 1000);
      }
    },
    toTheQuick: (members, eventName, json) => {
      const frame = wireFrame(eventName, json);
      let recipients = 0;
      for (const socket of members) {
        if (backlog(socket) !== 'none') continue;
        writeFrame(socket, frame);
        recipients += 1;
      }
      written(eventName, frame, recipients);
    },
    toOne: (socket, eventName, json) => {
      const frame = wireFrame(eventName, json);
      writeFrame(socket, frame);
      written(eventName, frame, 1);
    },
  };
}
