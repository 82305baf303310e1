/** Who dials a port that does not listen leaves no trace there; nginx writes each refusal down. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const mostBytes = 16 * 1024 * 1024;

/**
 * Counts the refusals of these ports that nginx's error log has from now on. Attempts of others
 * (clients, Redis' clients) are in no log.
 */
export function watchRefusals(stateDir: string, ports: readonly number[]): () => number {
  const file = join(stateDir, 'logs', 'nginx.log');
  const from = existsSync(file) ? statSync(file).size : 0;
  return () => {
    if (!existsSync(file)) return 0;
    return tailOf(file, from)
      .split('\n')
      .filter(
        (line) =>
          line.includes('connect() failed (111:') && ports.some((port) => namesPort(line, port)),
      ).length;
  };
}

/** `upstream: "http://127.0.0.1:3004/socket.io/"`. */
function namesPort(line: string, port: number): boolean {
  return new RegExp(`upstream: "[^"]*:${port}[/"]`).test(line);
}

/** What was written since; all of it when the file began anew. */
function tailOf(file: string, from: number): string {
  const { size } = statSync(file);
  const start = size < from ? 0 : from;
  const bytes = Buffer.alloc(Math.min(size - start, mostBytes));
  const fd = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start)).toString('utf8');
  } finally {
    closeSync(fd);
  }
}
