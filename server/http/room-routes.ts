/** Rooms and their history over REST, for clients that do not (or not yet) hold a connection. */
import type { FastifyInstance } from 'fastify';
import { TokenRefused, type Tokens } from '../auth/tokens.ts';
import { parseHistory, parseJoin } from '../chat/parse.ts';
import type { NodeSessions } from '../chat/presence.ts';
import { historyLimit, path, type HistoryAck } from '../contract.ts';
import { problem } from './auth-routes.ts';

export type Rooms = {
  /**
   * Names of the latest rooms. Public, as in a chat whose rooms anyone may find and join; who is in
   * a room and what is said there is not in it, and asks for a token. Where names are private, put
   * this route behind one before the server faces the internet (docs/decisions.md, 22).
   */
  list(): Promise<readonly string[]>;
  /** Connections in the room, over all nodes. */
  members(room: string): Promise<number>;
  /** Connections on each node that has any share in them. */
  nodes(): Promise<readonly NodeSessions[]>;
  history(room: string, after: number, limit: number): Promise<Exclude<HistoryAck, { ok: false }>>;
};

type HistoryRoute = {
  Params: { readonly room: string };
  Querystring: { readonly after?: string; readonly limit?: string };
};

/** Nodes, `ws-2` before `ws-10`; else they would stand as they last spoke. */
const byName = new Intl.Collator('en', { numeric: true });

export function roomRoutes(
  app: FastifyInstance,
  { rooms, tokens }: { readonly rooms: Rooms; readonly tokens: Tokens },
): void {
  app.get(path.rooms, async (_request, reply) => {
    const names = await rooms.list();
    return reply.send({ rooms: names.map((room) => ({ room })) });
  });

  app.get(path.presence, async (_request, reply) => {
    const nodes = (await rooms.nodes()).toSorted((a, b) => byName.compare(a.node, b.node));
    const sessions = nodes.reduce((sum, node) => sum + node.sessions, 0);
    return reply.send({ sessions, nodes });
  });

  app.get<{ Params: { readonly room: string } }>(`${path.rooms}/:room`, async (request, reply) => {
    const asked = parseJoin({ room: request.params.room });
    if (asked === undefined) return reply.status(400).send(problem(400, 'Bad Request', 'bad room'));
    return reply.send({ room: asked.room, members: await rooms.members(asked.room) });
  });

  app.get<HistoryRoute>(`${path.rooms}/:room/messages`, async (request, reply) => {
    try {
      await tokens.verify(
        /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1],
        'access',
      );
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return reply.status(401).send(problem(401, 'Unauthorized', error.message));
    }
    const { after = '0', limit = String(historyLimit) } = request.query;
    const asked = parseHistory({
      room: request.params.room,
      after: /^\d+$/.test(after) ? Number(after) : undefined,
      limit: /^\d+$/.test(limit) ? Number(limit) : undefined,
    });
    if (asked === undefined) {
      return reply.status(400).send(problem(400, 'Bad Request', 'bad room, after or limit'));
    }
    return reply.send(await rooms.history(asked.room, asked.after, asked.limit));
  });
}
