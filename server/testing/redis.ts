/** A real redis-server of a test's own: any free port, its own folder, gone when the test ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type TestRedis = {
  readonly url: string;
  readonly pid: number;
  /** As SIGSTOP does: it lives, and answers nothing. */
  pause(): void;
  unpause(): void;
  kill(): Promise<void>;
  /** Another one on the same port, with the same folder. */
  startAgain(): Promise<void>;
};

/** @param settings further lines of its configuration, as argv. */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'rtops-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', ...settings],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await said(child, 'Ready to accept connections');
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(async () => {
    await kill();
    await rm(dir, { recursive: true, force: true });
  });
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? 0;
    },
    pause: () => child?.kill('SIGSTOP'),
    unpause: () => child?.kill('SIGCONT'),
    kill,
    startAgain: start,
  };
}

/** Resolves when the child has written `text` to its stdout. */
export async function said(child: ChildProcess, text: string): Promise<string> {
  let heard = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes(text)) resolve(heard);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`exit ${code} before "${text}":\n${heard}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
