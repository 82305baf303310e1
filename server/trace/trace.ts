/**
 * The lines by which a request, a connection or a message is followed through this node. Their
 * names and fields are read by `rtops trace` (cli/trace) and documented in docs/trace.md.
 */
import type { Logger } from 'pino';
import { lineBudget } from './line-budget.ts';
import { sampler } from './sampler.ts';

/** What a message is known by in every line. */
export type MessageFields = {
  readonly msgId: string;
  readonly room: string;
  readonly user: string;
};

export type Trace = {
  readonly logger: Logger;
  /** Whether what bears this id leaves lines. */
  picks(id: string): boolean;
  /** From the channel (or, on one node without Redis, from memory). */
  arrived(room: string, seq: number, json: string): void;
  /** Written to the members of the room on this node. */
  emitted(room: string, seq: number, json: string, members: number): void;
  /** Written to one member that came back. */
  replayed(room: string, seq: number, json: string, socketId: string): void;
  /** Whether a line may be written about what went wrong; see {@link lineBudget}. */
  allows(): boolean;
};

/** Lines a second about what went wrong: a client that is refused in a loop writes no more. */
const refusalsPerSec = 100;

/** @param share of the messages that are followed; what went wrong is told of all. */
export function createTrace(logger: Logger, share: number): Trace {
  const { picks, picksMessage } = sampler(share);
  const budget = lineBudget(refusalsPerSec, (leftOut) => {
    logger.warn({ leftOut }, 'lines left out');
  });
  return {
    logger,
    picks,
    allows: budget.allows,
    arrived: (room, seq, json) => {
      if (picksMessage(room, json)) logger.info({ ...fields(json), seq }, 'message arrived');
    },
    emitted: (room, seq, json, members) => {
      if (members === 0 || !picksMessage(room, json)) return;
      logger.info({ ...fields(json), seq, members }, 'message emitted');
    },
    replayed: (room, seq, json, socketId) => {
      if (picksMessage(room, json)) {
        logger.info({ ...fields(json), seq, socketId }, 'message replayed');
      }
    },
  };
}

function fields(json: string): MessageFields {
  const { id, room, sender } = JSON.parse(json) as Readonly<
    Record<'id' | 'room' | 'sender', string>
  >;
  return { msgId: id, room, user: sender };
}
