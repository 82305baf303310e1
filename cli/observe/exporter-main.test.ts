import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

import { freePorts } from '../system/ports.ts';
import { trimLog } from '../system/service-log.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { exporterConfig } from '../topology/exporter-config.ts';
import { valueOf } from './testing/parse-page.ts';

/** The system has been up for a minute. */
const startedAtMs = Date.now() - 60_000;
const line = (offsetSec: number) =>
  JSON.stringify({
    time: (startedAtMs / 1000 + offsetSec).toFixed(3),
    ...{ status: '200', request_time: '0.010', method: 'GET', has_sid: '0' },
    ...{ upstream: '127.0.0.1:3001', upstream_status: '200', upstream_header_time: '0.009' },
  });

/** A state folder with a log, and the exporter's process, started as often as asked. */
async function exporterProcess() {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-exporter-main-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [port = 0, syslogPort = 0] = await freePorts({ random: Math.random }, '127.0.0.1', 2);
  const accessLog = join(dir, 'access.log');
  const config = join(dir, 'exporter.json');
  const stateFile = join(dir, 'state.json');
  writeFileSync(accessLog, `${line(-5)}\n`);
  writeFileSync(
    stateFile,
    JSON.stringify({ schemaVersion: 1, startedAtMs, supervisor: {}, services: [] }),
  );
  writeFileSync(
    config,
    exporterConfig({
      ...{ host: '127.0.0.1', port, syslogPort, accessLog, errorLog: null, stateFile },
      upstreams: [{ name: 'api-1', address: '127.0.0.1:3001' }],
      services: [],
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  const page = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  return {
    syslogPort,
    write: (lines: number, endedSec = 1) =>
      appendFileSync(accessLog, `${line(endedSec)}\n`.repeat(lines)),
    trim: () => trimLog(accessLog, 1),
    async start(): Promise<ChildProcess> {
      const main = fileURLToPath(new URL('exporter-main.ts', import.meta.url));
      const child = spawn(process.execPath, [main, config], { stdio: 'inherit' });
      onTestFinished(() => void child.kill('SIGKILL'));
      await waitUntil(() =>
        fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      return child;
    },
    async counted(source: 'file' | 'syslog') {
      const text = await page();
      return {
        lines: valueOf(text, 'rtops_lb_log_lines_total', { source }),
        requests: valueOf(text, 'rtops_lb_requests_total', {
          ...{ upstream: 'api-1', status_class: '2xx' },
        }),
      };
    },
  };
}

test('counts this system’s requests only, and goes on where it was after a restart', async () => {
  const exporter = await exporterProcess();
  const first = await exporter.start();
  exporter.write(3);
  expect(await exporter.counted('file')).toEqual({ lines: 3, requests: 3 });
  const exited = once(first, 'exit');
  first.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
  exporter.write(2);
  await exporter.start();
  expect(await exporter.counted('file')).toEqual({ lines: 5, requests: 5 });
});

test('begins at 0 where its log was trimmed before it began again: fewer than were counted would be a jump', async () => {
  const exporter = await exporterProcess();
  const first = await exporter.start();
  exporter.write(30);
  expect(await exporter.counted('file')).toEqual({ lines: 30, requests: 30 });
  const exited = once(first, 'exit');
  first.kill('SIGTERM');
  await exited;
  exporter.trim();
  exporter.write(5);
  await exporter.start();
  expect(await exporter.counted('file')).toEqual({ lines: 0, requests: 0 });
  exporter.write(4, 120);
  expect(await exporter.counted('file')).toEqual({ lines: 4, requests: 4 });
});

test('that stood still has lost none of the file’s lines, whatever syslog lost', async () => {
  const exporter = await exporterProcess();
  const child = await exporter.start();
  const sent = 5000;
  child.kill('SIGSTOP');
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const datagram = `<190>Nov 21 14:30:00 nginx: ${line(1)}`;
  for (let i = 0; i < sent; i += 1) {
    await new Promise((resolve) =>
      socket.send(datagram, exporter.syslogPort, '127.0.0.1', resolve),
    );
  }
  exporter.write(sent);
  child.kill('SIGCONT');
  expect(await exporter.counted('file')).toEqual({ lines: sent, requests: sent });
  await waitUntil(async () => ((await exporter.counted('syslog')).lines ?? 0) > 0);
  expect((await exporter.counted('syslog')).lines).toBeLessThanOrEqual(sent);
});
