/**
 * How many connections are in a room, and on each node, over all nodes. What a node counts is its
 * own; a node that dies takes its counts with it after a while (`redis/redis-presence.ts`).
 */

/** What this node sees now. */
export type LocalCounts = {
  /** Connections of this node that are in the room. */
  members(room: string): number;
  sessions(): number;
};

export type NodeSessions = { readonly node: string; readonly sessions: number };

export type Presence = {
  /** Somebody came into the room here, or left it. Costs a set entry; told to others within 1 s. */
  touched(room: string): void;
  /** Over all nodes; the other nodes' share is up to 1 s old. */
  members(room: string): Promise<number>;
  nodes(): Promise<readonly NodeSessions[]>;
  close(): Promise<void>;
};

/** Where there is one node only. */
export function localPresence(node: string, counts: LocalCounts): Presence {
  return {
    touched: () => {},
    members: async (room) => counts.members(room),
    nodes: async () => [{ node, sessions: counts.sessions() }],
    close: async () => {},
  };
}
