/**
 * As much of Grafana as the supervisor sees: it wants its homepath, listens where its environment
 * says, answers its health, and shows the files it is provisioned with, the environment filled in.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const { env, argv } = process;
const provisioning = env['GF_PATHS_PROVISIONING'] ?? '';

createServer((request, response) => {
  const { url = '' } = request;
  if (url === '/api/health') response.end(JSON.stringify({ database: 'ok' }));
  else if (url === '/argv') response.end(JSON.stringify(argv.slice(2)));
  else response.end(filled(readFileSync(join(provisioning, url), 'utf8')));
}).listen(Number(env['GF_SERVER_HTTP_PORT']), env['GF_SERVER_HTTP_ADDR']);

function filled(text: string): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? '');
}

process.on('SIGTERM', () => process.exit(0));
