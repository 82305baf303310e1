/**
 * As much of the reference server as the supervisor sees: it listens where it is told, answers the
 * ready check, tells its node and the headers it got, and ends on SIGTERM. `STAND_IN_DIES` cannot
 * come through the clean environment, so what it should do wrong comes in argv.
 */
import { createServer } from 'node:http';

const [trouble] = process.argv.slice(2);
const { env } = process;

if (trouble === 'die') {
  process.stderr.write('first line\nENOTABLE: the stand-in was told to die\n');
  process.exit(3);
}
if (trouble === 'linger') process.on('SIGTERM', () => {});
else if (trouble === 'drain') process.on('SIGTERM', drain);
else process.on('SIGTERM', () => process.exit(0));

const server = createServer((request, response) => {
  response.statusCode = trouble === 'never-ready' ? 503 : 200;
  response.setHeader('x-node', env['RTOPS_NODE'] ?? '');
  response.end(JSON.stringify({ url: request.url, headers: request.headers }));
}).listen(Number(env['API_PORT'] ?? env['WS_PORT']), env['RTOPS_HOST']);

createServer((_, response) => {
  response.end(
    'rtops_server_connections 7\nrtops_server_event_loop_lag_seconds{stat="p99"} 0.0125\n',
  );
}).listen(Number(env['RTOPS_METRICS_PORT']), env['RTOPS_HOST']);

/** Takes no more work at once, and ends only later. */
function drain(): void {
  server.close();
  server.closeAllConnections();
  setTimeout(() => process.exit(0), 1500);
}
