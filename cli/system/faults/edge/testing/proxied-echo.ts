/** An echo server in this process and a real fault proxy process in front of it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

import type { EdgesConfig } from '../../../../topology/edges.ts';
import { freePorts } from '../../../ports.ts';
import { isReady } from '../../../ready-check.ts';
import { waitUntil } from '../../../testing/wait-until.ts';
import { createEdgeClient } from '../edge-client.ts';
import type { EdgeClient } from '../edge-client.ts';
import type { Toxic } from '../toxic.ts';

const host = '127.0.0.1';

export type ProxiedEcho = {
  readonly client: EdgeClient;
  readonly config: EdgesConfig;
  /** Every socket the echo server was given, oldest first. */
  readonly served: readonly Socket[];
  /** Connected, through the proxy. */
  dial(localAddress?: string): Promise<TestSocket>;
  /** Connected, past it. */
  dialDirect(): Promise<TestSocket>;
  /** Under the id `t`, on the one edge, for a minute unless told. */
  apply(toxic: Toxic, ttlMs?: number): Promise<number>;
  remove(): Promise<number | null>;
  closeTarget(): Promise<void>;
  openTarget(): Promise<void>;
};

export type TestSocket = {
  readonly socket: Socket;
  /** All that came so far. */
  received(): string;
  /** Resolves with the ms it took until so many characters had come in all. */
  until(length: number): Promise<number>;
  /** Says it and resolves with the ms until it came back. */
  ask(text: string): Promise<number>;
  /** `end`, `ECONNRESET`, …: the first thing that ended it. */
  readonly ended: Promise<string>;
};

/** Edge `client-echo`; all is closed when the test ends. */
export async function proxiedEcho(): Promise<ProxiedEcho> {
  const served: Socket[] = [];
  let server: Server | undefined;
  const [controlPort = 0, port = 0, targetPort = 0] = await freePorts(
    { random: Math.random },
    host,
    3,
  );
  const config: EdgesConfig = {
    host,
    controlPort,
    token: 'the-token-of-a-test',
    edges: [{ name: 'client-echo', from: 'client', to: 'echo', port, targetPort }],
  };

  async function openTarget(): Promise<void> {
    const fresh = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      served.push(socket);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    server = fresh;
    await new Promise<void>((resolve) => fresh.listen({ host, port: targetPort }, resolve));
  }
  async function closeTarget(): Promise<void> {
    server?.close();
    for (const socket of served) socket.destroy();
    await Promise.resolve();
  }
  onTestFinished(closeTarget);
  await openTarget();
  await startProxy(config);

  const client = createEdgeClient(config);
  return {
    client,
    config,
    served,
    dial: (localAddress) => dial(port, localAddress),
    dialDirect: () => dial(targetPort),
    apply: (toxic, ttlMs = 60_000) =>
      client.apply({ id: 't', edges: ['client-echo'], toxic, ttlMs }),
    remove: () => client.remove('t'),
    closeTarget,
    openTarget,
  };
}

async function startProxy(config: EdgesConfig): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-edge-'));
  const file = join(dir, 'edges.json');
  writeFileSync(file, JSON.stringify(config));
  const main = fileURLToPath(new URL('../edge-main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(dir, { recursive: true });
  });
  await waitUntil(() => isReady(host, { kind: 'http', port: config.controlPort, path: '/health' }));
}

async function dial(port: number, localAddress?: string): Promise<TestSocket> {
  const socket = connect({
    host,
    port,
    noDelay: true,
    allowHalfOpen: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  const waiting = new Set<() => void>();
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (const look of waiting) look();
  });
  const ended = new Promise<string>((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const until = async (length: number) => {
    const startMs = performance.now();
    await new Promise<void>((resolve) => {
      const look = () => {
        if (text.length < length) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
    return performance.now() - startMs;
  };
  return {
    socket,
    received: () => text,
    until,
    async ask(question) {
      const length = text.length + question.length;
      socket.write(question);
      return await until(length);
    },
    ended,
  };
}
