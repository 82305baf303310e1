import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { countSockets, socketCounter } from './open-sockets.ts';

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (sl: number, local: string, remote: string, state: string) =>
  `${String(sl).padStart(4)}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0`;
const table = (rows: readonly string[]) =>
  Buffer.from(`${[header, ...rows].map((text) => text.padEnd(149)).join('\n')}\n`);

const upstreams = [
  { name: 'ws-1', address: '127.0.0.1:8080' },
  { name: 'ws-2', address: '127.0.0.1:8081' },
];

describe('open sockets', () => {
  test('are established connections towards an upstream, also in lines beyond the ten-thousandth', () => {
    const rows = [
      row(0, '0100007F:1F90', '00000000:0000', '0A'),
      row(1, '0100007F:D2F0', '0100007F:1F90', '01'),
      row(2, '0100007F:1F90', '0100007F:D2F0', '01'),
      row(3, '0100007F:D2F1', '0100007F:1F90', '06'),
      row(4, '0100007F:D2F2', '0200007F:1F90', '01'),
      row(123_456, '0100007F:D2F3', '0100007F:1F91', '01'),
    ];
    expect([...countSockets(table(rows), upstreams)]).toEqual([
      ['ws-1', 1],
      ['ws-2', 1],
    ]);
  });

  test('of an empty or a cut table are none', () => {
    for (const text of ['', header, `${header}\n   0: 0100007F:D2F0 01000`]) {
      expect([...countSockets(Buffer.from(text), upstreams).values()]).toEqual([0, 0]);
    }
  });

  test('are not told where there is no such table', () => {
    expect(socketCounter(upstreams, () => 0, '/nowhere/tcp').count()).toBeUndefined();
  });

  test('are read again only when all readings stay below a fiftieth of the time', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rtops-sockets-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'tcp');
    let nowMs = 0;
    const counter = socketCounter(upstreams, () => (nowMs += 5), file);
    const write = (count: number) =>
      writeFileSync(
        file,
        // Longer than the first buffer, as the table of a busy machine is.
        table([
          ...Array.from({ length: 8000 }, (_, i) => row(i, '0100007F:1F90', '0100007F:D2F0', '01')),
          ...Array.from({ length: count }, () => row(9, '0100007F:D2F0', '0100007F:1F90', '01')),
        ]),
      );
    write(7);
    expect(counter.count()?.get('ws-1')).toBe(7);
    write(8);
    expect(counter.count()?.get('ws-1')).toBe(7);
    nowMs += 250;
    expect(counter.count()?.get('ws-1')).toBe(8);
  });

  test.runIf(process.platform === 'linux')('of a real server are counted', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sockets = [0, 1, 2].map(() => connect(port, '127.0.0.1'));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const counter = socketCounter([{ name: 'here', address: `127.0.0.1:${port}` }], () => 0);
    expect(counter.count()?.get('here')).toBe(3);
  });
});
