/**
 * The control port of the fault proxy: HTTP on loopback, with a token.
 *
 *     GET    /health                     200, without a token
 *     GET    /edges                      {edges: EdgeStatus[]}
 *     POST   /toxics          ToxicOrder → {met}: connections it met; an id that is there is replaced
 *     POST   /toxics/<id>/renew          204; 404 when it is gone
 *     DELETE /toxics/<id>                {felt}: how often it was felt; null when it is gone
 *
 * Every toxic lapses `ttlMs` after its last renewal: whoever dies leaves no fault behind.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import type { EdgesConfig } from '../../../topology/edges.ts';
import type { EdgeProxy } from './edge-proxy.ts';
import { toxicOrderSchema } from './toxic.ts';
import type { ToxicOrder } from './toxic.ts';

type Lease = { readonly order: ToxicOrder; timer: NodeJS.Timeout };

const mostBodyBytes = 64 * 1024;

/** Resolves when it listens. */
export async function openControl(
  { host, controlPort, token }: EdgesConfig,
  proxies: readonly EdgeProxy[],
): Promise<Server> {
  const leases = new Map<string, Lease>();

  async function remove(id: string): Promise<number | null> {
    const lease = leases.get(id);
    if (lease === undefined) return null;
    clearTimeout(lease.timer);
    leases.delete(id);
    const felt = await Promise.all(proxies.map((proxy) => proxy.remove(id)));
    return felt.reduce((total, count) => total + count, 0);
  }

  function expiry({ id, ttlMs }: ToxicOrder): NodeJS.Timeout {
    return setTimeout(() => void remove(id), ttlMs);
  }

  async function apply(order: ToxicOrder): Promise<number | undefined> {
    const hit = proxies.filter(({ name }) => order.edges.includes(name));
    if (hit.length !== new Set(order.edges).size) return undefined;
    await remove(order.id);
    leases.set(order.id, { order, timer: expiry(order) });
    const met = await Promise.all(hit.map((proxy) => proxy.apply(order.id, order.toxic)));
    return met.reduce((total, count) => total + count, 0);
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (request.method === 'GET' && path === '/health') return { status: 200, body: { ok: true } };
    if (!isKnown(request, token)) return { status: 401 };
    if (request.method === 'GET' && path === '/edges') {
      return { status: 200, body: { edges: proxies.map((proxy) => proxy.status()) } };
    }
    if (request.method === 'POST' && path === '/toxics') {
      const order = toxicOrderSchema.safeParse(await readJson(request));
      if (!order.success) return { status: 400, body: { error: order.error.message } };
      const met = await apply(order.data);
      return met === undefined
        ? { status: 404, body: { error: 'no such edge' } }
        : { status: 201, body: { met } };
    }
    const [, id, verb] = /^\/toxics\/([^/]+)(\/renew)?$/.exec(path) ?? [];
    if (id !== undefined && request.method === 'DELETE' && verb === undefined) {
      return { status: 200, body: { felt: await remove(id) } };
    }
    if (id !== undefined && request.method === 'POST' && verb !== undefined) {
      const lease = leases.get(id);
      if (lease === undefined) return { status: 404 };
      clearTimeout(lease.timer);
      lease.timer = expiry(lease.order);
      return { status: 204 };
    }
    return { status: 404 };
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (said) => say(response, said),
      (error: unknown) => say(response, { status: 500, body: { error: String(error) } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: controlPort }, resolve);
  });
  return server;
}

type Answer = { readonly status: number; readonly body?: unknown };

function say(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function isKnown(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** `undefined` for what is no JSON or too long. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += String(part);
    if (text.length > mostBodyBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
