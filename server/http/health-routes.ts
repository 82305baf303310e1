/** Health in the shape of seed 004 (and of Nest's Terminus). */
import type { FastifyInstance } from 'fastify';
import { path } from '../contract.ts';

export type Part = { readonly name: string; readonly up: boolean };
export type Health = {
  /** What the node needs, each up or down. Empty: it needs nothing. */
  readonly parts: () => readonly Part[];
  readonly draining: () => boolean;
};

export function healthRoutes(app: FastifyInstance, health: Health): void {
  app.get(path.live, async () => ({ status: 'ok', timestamp: new Date().toISOString() }));
  for (const ready of [path.health, path.ready]) {
    app.get(ready, async (_request, reply) => {
      const { status, body } = readiness(health);
      return reply.status(status).send(body);
    });
  }
}

type Details = Readonly<Record<string, { readonly status: 'up' | 'down' }>>;
type Readiness = {
  readonly status: 200 | 503;
  readonly body: {
    readonly status: 'ok' | 'error';
    readonly info: Details;
    readonly error?: Details;
  };
};

function readiness({ parts, draining }: Health): Readiness {
  const all = [...parts(), ...(draining() ? [{ name: 'server', up: false }] : [])];
  const detailsOf = (up: boolean): Details =>
    Object.fromEntries(
      all
        .filter((part) => part.up === up)
        .map((part) => [part.name, { status: part.up ? 'up' : 'down' }]),
    );
  const info = detailsOf(true);
  if (all.every((part) => part.up)) return { status: 200, body: { status: 'ok', info } };
  return { status: 503, body: { status: 'error', info, error: detailsOf(false) } };
}
