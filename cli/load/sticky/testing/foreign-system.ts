/** Other people's Socket.IO servers behind an nginx that others configured, for tests. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'socket.io';
import { onTestFinished } from 'vitest';

import { findBinary } from '../../../system/find-binary.ts';
import { freePorts } from '../../../system/ports.ts';
import { testWorld } from '../../../system/testing/test-world.ts';

/** Socket.IO as its tutorial starts it, with the session ids of `sidOf` where given; their ports. */
export async function stockServers(
  count: number,
  sidOf?: (at: number) => string,
): Promise<readonly number[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const http = createServer();
      const io = new Server(http);
      if (sidOf !== undefined) io.engine.generateId = () => sidOf(at);
      onTestFinished(() => void io.close());
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      return (http.address() as AddressInfo).port;
    }),
  );
}

/** nginx with these lines in `http { }` and `server { }`; its URL. Answers name their upstream. */
export async function nginxOf(conf: {
  readonly http: string;
  readonly server: string;
  /** Another nginx than the one in PATH. */
  readonly binary?: string;
}): Promise<string> {
  const [port = 0] = await freePorts(testWorld(), '127.0.0.1', 1, []);
  const dir = mkdtempSync(join(tmpdir(), 'rtops-sticky-'));
  mkdirSync(join(dir, 'tmp'));
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid tmp/pid; error_log stderr crit;
events {}
http {
  access_log off;
  ${temps.map((name) => `${name}_temp_path tmp/${name};`).join(' ')}
  ${conf.http}
  server {
    listen 127.0.0.1:${port};
    add_header X-Upstream $upstream_addr always;
    ${conf.server}
  }
}
`,
  );
  const nginx = conf.binary ?? (await findBinary('nginx', process.env['PATH'])) ?? 'nginx';
  const child = spawn(nginx, ['-p', `${dir}/`, '-c', join(dir, 'nginx.conf'), '-e', 'stderr']);
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  });
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return `http://127.0.0.1:${port}`;
}

async function isOpen(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
