/** A run that has ended, with one message in its history and logs, for the tests of `rtops trace`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ledgerFromFiles } from '../../load/history-files.ts';
import { sampleReport } from '../../report/testing/sample-report.ts';
import { recordBytes, recordKind, writeRecord } from '../../samples/history.ts';
import { keepLogs } from '../../system/kept-logs.ts';
import { testWorld } from '../../system/testing/test-world.ts';
import type { TestWorld } from '../../system/testing/test-world.ts';

export const runId = '20261121-112913-ab12';
export const startMs = 1_800_000_000_000;
export const startUs = 5_000_000_000;
export const inRoom = { msgId: '1.0.0', room: `${runId}-r0`, user: 'u1' };
export const conn = { connId: 'c-1', reqId: 'req-1', socketId: 's-1' };

/** A server's line, `us` µs after run start. */
export function line(us: number, msg: string, fields: object): string {
  return `${JSON.stringify({ time: startMs + us / 1000, us: startUs + us, ...fields, msg })}\n`;
}

/** A whole run folder, observed: one message from u1 on ws-1 to u2 on ws-2. */
export async function wholeRun(): Promise<{ world: TestWorld; dir: string }> {
  const world = testWorld();
  const dir = join(world.cwd, '.rtops', 'runs', runId);
  const historyDir = join(dir, 'history');
  mkdirSync(historyDir, { recursive: true });
  const logsDir = join(world.cwd, 'logs-of-then');
  mkdirSync(logsDir);
  const logs = {
    'ws-1':
      line(0, 'connection opened', { ...conn, user: 'u1', transport: 'websocket' }) +
      line(10_000, 'message taken', { ...conn, ...inRoom }),
    'ws-2': line(11_000, 'message arrived', { ...inRoom, seq: 1 }),
    'nginx-access': '{"request_id":"req-0"}\n',
    redis: 'is not traced by\n',
  };
  for (const [name, text] of Object.entries(logs)) {
    writeFileSync(join(logsDir, `${name}.log`), text);
  }
  await keepLogs(logsDir, new Map(), dir, { startedAtMs: startMs, startedAtUs: startUs });
  const bytes = Buffer.alloc(4 * recordBytes);
  writeRecord(bytes, 0, recordKind.joined, 0, 2, 0, 0, 0, 0, 1000);
  writeRecord(bytes, recordBytes, recordKind.sent, 0, 1, 0, 0, 0, 0, 9000);
  writeRecord(bytes, 2 * recordBytes, recordKind.acked, 0, 1, 0, 0, 0, 1, 12_000);
  writeRecord(bytes, 3 * recordBytes, recordKind.delivered, 0, 2, 0, 1, 0, 1, 13_000);
  writeFileSync(join(historyDir, 'worker-0.bin'), bytes);
  await ledgerFromFiles(historyDir, { runId, durationMs: 1000, partial: false });
  const { run, topology, ledger } = sampleReport();
  const report = sampleReport({
    run: { ...run, id: runId },
    topology:
      topology === null
        ? null
        : // By their ids: 1.0.0 is followed at 0.7, and not at 0.01.
          { ...topology, monitoring: true, server: { ...topology.server, traceSample: 0.7 } },
    ledger: { ...ledger, sent: 1, exceptions: [] },
  });
  writeFileSync(join(dir, 'report.json'), JSON.stringify(report));
  return { world, dir };
}
