/** A real Alertmanager behind its log filter, and receivers that behave badly, for one test each. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

import { freePorts } from '../../system/ports.ts';
import { waitUntil } from '../../system/testing/wait-until.ts';
import type { TestWorld } from '../../system/testing/test-world.ts';

export type RunningAlertmanager = { readonly url: string; readonly logFile: string };

/** Ready; its log is where that of a system's own Alertmanager is. */
export async function startAlertmanager(
  world: TestWorld,
  configuration: string,
): Promise<RunningAlertmanager> {
  const [port = 0] = await freePorts(world, '127.0.0.1', 1);
  const conf = join(world.cwd, 'alertmanager.yml');
  const logFile = join(world.cwd, '.rtops', 'logs', 'alertmanager.log');
  mkdirSync(dirname(logFile), { recursive: true });
  writeFileSync(conf, configuration, { mode: 0o600 });
  const log = openSync(logFile, 'a');
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '..', 'alertmanager-main.ts'),
      'prometheus-alertmanager',
      `--config.file=${conf}`,
      `--storage.path=${join(world.cwd, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(async () => {
    try {
      return (await fetch(`${url}/-/ready`)).ok;
    } catch {
      return false;
    }
  });
  return { url, logFile };
}

export type Receiver = {
  /**
   * `http://127.0.0.1:PORT`; what follows decides: `/ok`, `/301`, `/404`, `/500`, `/hang`, `/long`,
   * `/endless`.
   */
  readonly url: string;
  readonly got: { readonly path: string; readonly body: string }[];
};

export async function startReceiver(): Promise<Receiver> {
  const got: { path: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const path = request.url ?? '';
      got.push({ path, body });
      if (path.startsWith('/hang')) return;
      response.statusCode = Number(/^\/(\d{3})/.exec(path)?.[1] ?? 200);
      if (response.statusCode === 301) response.setHeader('location', '/ok/moved');
      if (path.startsWith('/endless')) {
        Readable.from(endless()).pipe(response);
        return;
      }
      if (path.startsWith('/long')) response.write('x'.repeat(1980));
      // As Express does, in its default 404.
      response.end(`Cannot POST ${path}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

function* endless() {
  for (;;) yield 'x'.repeat(1000);
}
