/** Who dials a port that does not listen leaves no trace there; nginx writes each refusal down. */
import { join } from 'node:path';

import { errorLogFile } from '../../../topology/exporter-config.ts';
import { readFrom, sizeOf } from '../../service-log.ts';

/**
 * Counts the refusals of these ports that nginx's error log has from now on. Attempts of others
 * (clients, Redis' clients) are in no log.
 */
export function watchRefusals(stateDir: string, ports: readonly number[]): () => number {
  const file = join(stateDir, errorLogFile);
  const start = sizeOf(file);
  // `upstream: "http://127.0.0.1:3004/socket.io/"`.
  const refusal = new RegExp(
    `connect\\(\\) failed \\(111:.*upstream: "[^"]*:(${ports.join('|')})[/"]`,
  );
  return () => {
    let count = 0;
    let rest = '';
    let from = start;
    for (;;) {
      const { text, end } = readFrom(file, from);
      if (text === '') return count;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      count += lines.filter((line) => refusal.test(line)).length;
      from = end;
    }
  };
}
