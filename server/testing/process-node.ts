/** A node of the server as a process of its own, which a test may kill, stop and wake. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { testSecret } from './node.ts';
import { said } from './redis.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export type ProcessNode = {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
  readonly metricsPort: number;
};

/** Its process, with nothing of this one's environment but the path. */
export function spawnServer(env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Resolves when it listens. */
export async function startProcess(
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessNode> {
  const child = spawnServer({ RTOPS_JWT_SECRET: testSecret, ...env });
  const log = await said(child, '"msg":"listening"');
  const line = log.split('\n').find((text) => text.includes('"msg":"listening"')) ?? '';
  const { port, metricsPort } = JSON.parse(line) as { port: number; metricsPort: number };
  return { child, port, url: `http://127.0.0.1:${port}`, metricsPort };
}
