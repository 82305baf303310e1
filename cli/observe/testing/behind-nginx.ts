/** A real nginx with monitoring before small servers, and the exporter that reads its log. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { findBinary } from '../../system/find-binary.ts';
import { freePorts } from '../../system/ports.ts';
import { waitUntil } from '../../system/testing/wait-until.ts';
import { accessLogFile } from '../../topology/exporter-config.ts';
import { nginxConf } from '../../topology/nginx-conf.ts';
import { openExporter } from '../exporter.ts';

export type SmallServer = {
  readonly name: string;
  readonly address: string;
  /** It is gone: nobody listens there any more. */
  kill(): Promise<void>;
};

export type BehindNginx = {
  readonly dir: string;
  readonly url: string;
  readonly upstreams: readonly SmallServer[];
  /** The exporter's page. */
  page(): Promise<string>;
  webSocket(): Promise<WebSocket>;
  accessLog(): string;
  /** Resolves when nginx, which answers first, has written so many lines. */
  logged(lines: number): Promise<void>;
};

/** Two API and two WS servers; all of it ends with the test. */
export async function behindNginx(): Promise<BehindNginx> {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-exporter-'));
  const upstreams = await Promise.all(['api-1', 'api-2', 'ws-1', 'ws-2'].map(smallServer));
  const [port = 0, statusPort = 0] = await freePorts({ random: Math.random }, '127.0.0.1', 2);
  for (const folder of ['tmp', 'logs', 'conf']) mkdirSync(join(dir, folder));
  const errorLog = join(dir, 'logs/nginx.log');
  writeFileSync(errorLog, '');
  const exporter = await openExporter({
    host: '127.0.0.1',
    port: 0,
    syslogPort: 0,
    accessLog: join(dir, accessLogFile),
    errorLog,
    stateFile: join(dir, 'state.json'),
    upstreams,
    services: [{ name: 'nginx', kind: 'nginx' }],
  });
  onTestFinished(() => exporter.close());

  const conf = join(dir, 'conf/nginx.conf');
  const nodes = (prefix: string) => upstreams.filter(({ name }) => name.startsWith(prefix));
  const text = nginxConf({
    listen: `127.0.0.1:${port}`,
    proxy: { ws: { balance: 'round_robin' }, api: { balance: 'round_robin' }, workers: 2 },
    apiNodes: nodes('api'),
    wsNodes: nodes('ws'),
    pingSumMs: 85_000,
    openFilesLimit: 1024,
    user: process.getuid?.() === 0 ? 'root' : null,
    monitoring: {
      accessLog: accessLogFile,
      syslog: `127.0.0.1:${exporter.syslogPort}`,
      statusListen: `127.0.0.1:${statusPort}`,
    },
  });
  writeFileSync(conf, text);
  await startNginx(dir, conf, errorLog);
  await waitUntil(() =>
    fetch(`http://127.0.0.1:${statusPort}/stub_status`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const accessLog = (): string => readFileSync(join(dir, accessLogFile), 'utf8');
  return {
    dir,
    url: `http://127.0.0.1:${port}`,
    upstreams,
    page: async () => (await fetch(`http://127.0.0.1:${exporter.port}/metrics`)).text(),
    async webSocket() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?transport=websocket`);
      onTestFinished(() => socket.terminate());
      await once(socket, 'open');
      return socket;
    },
    accessLog,
    async logged(lines) {
      await waitUntil(() => accessLog().split('\n').length > lines);
    },
  };
}

async function startNginx(dir: string, conf: string, errorLog: string): Promise<void> {
  const nginx = await findBinary('nginx', process.env['PATH']);
  if (nginx === undefined) throw new Error('nginx is not installed');
  const child = spawn('/bin/sh', [
    '-c',
    `exec "$0" -p "$1/" -c "$2" -e stderr 2>> "$3"`,
    ...[nginx, dir, conf, errorLog],
  ]);
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true });
  });
}

async function smallServer(name: string): Promise<SmallServer> {
  const server = createServer((_, response) => response.end(name));
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kill = async (): Promise<void> => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(kill);
  const { port } = server.address() as AddressInfo;
  return { name, address: `127.0.0.1:${port}`, kill };
}
