/** A node of the server inside the test's process, on free ports, drained when the test ends. */
import { pino, type Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { parseConfig } from '../config.ts';
import { startServer, type RunningServer } from '../server.ts';

export const testSecret = 'a-secret-of-the-tests-0123456789abcdef';

export type TestNode = RunningServer & { readonly url: string };

export async function startNode(
  env: Readonly<Record<string, string>> = {},
  logger: Logger = pino({ level: 'silent' }),
): Promise<TestNode> {
  const config = parseConfig({ RTOPS_JWT_SECRET: testSecret, RTOPS_SHUTDOWN_MS: '2000', ...env });
  const server = await startServer(config, logger);
  onTestFinished(() => server.drain());
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}
