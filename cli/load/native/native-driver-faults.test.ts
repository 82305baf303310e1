import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import {
  history,
  hold,
  missing,
  op,
  resumes,
  standIn,
  start,
  untilHistory,
  untilTick,
} from './testing/load-run.ts';
import { recordKind, type HistoryRecord } from '../../samples/history.ts';

describe('connections that fail', () => {
  test('killed in the middle: the run ends by itself and counts the lost', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(50, 300, 3000), drainMs: 500 });
    await untilTick(drive, ({ users }) => users === 50);
    await server.close();
    const result = await drive.result;
    expect(result.stopped).toBe(false);
    expect(result.users).toMatchObject({ attempted: 50, refused: 0, lost: 50, thrownOff: 50 });
    expect(result.finalRead.done).toBe(false);
    expect(op(result, 'connect').errors).toBeGreaterThan(0);
    expect(Object.keys(result.errorTexts).join()).toContain('ECONNREFUSED');
  }, 30_000);

  test('connections cut: users come back, resume, and miss nothing', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(50, 300, 60_000) });
    await untilTick(drive, ({ users }) => users === 50);
    server.cut();
    await untilHistory(historyDir, resumes(50));
    drive.stop();
    const result = await drive.result;
    expect(result.users).toMatchObject({ lost: 0, refused: 0, peak: 50, thrownOff: 50 });
    const records = history(historyDir);
    const of = (kind: number): HistoryRecord[] => records.filter((record) => record.kind === kind);
    expect(of(recordKind.resumed)).toHaveLength(50);
    expect(of(recordKind.joined)).toHaveLength(50);
    expect(of(recordKind.disconnected).filter(({ code }) => code === 0)).toHaveLength(50);
    expect(of(recordKind.indeterminate)).toHaveLength(0);
    const sent = of(recordKind.sent).length;
    expect(of(recordKind.acked)).toHaveLength(sent);
    expect(of(recordKind.stored)).toHaveLength(sent);
    expect(missing(records)).toEqual([]);
  }, 120_000);

  test('polling through a balancer that does not keep sessions together: they break, visibly', async () => {
    const nodes = [await standIn(), await standIn()];
    const { drive } = start(await roundRobin(nodes.map(({ url }) => url)), {
      stages: hold(10, 100, 2900),
      pollingShare: 1,
      drainMs: 300,
    });
    const result = await drive.result;
    expect(result.errorTexts['broken session: HTTP 400, Session ID unknown']).toBeGreaterThan(10);
    expect(op(result, 'connect').errors).toBeGreaterThan(10);
    expect(result.users.refused + result.users.lost).toBeGreaterThan(5);
  });

  test('polling through one that does: nothing breaks (the control of the test above)', async () => {
    const node = await standIn();
    const { drive } = start(await roundRobin([node.url]), {
      stages: hold(10, 100, 1400),
      pollingShare: 1,
    });
    const result = await drive.result;
    expect(result.errorTexts).toEqual({});
    expect(result.users).toMatchObject({ refused: 0, lost: 0, peak: 10 });
  });
});

/** A proxy that hands each request to the next of its targets. */
async function roundRobin(urls: readonly string[]): Promise<string> {
  let turn = 0;
  const proxy = createServer((incoming, answer) => {
    const target = new URL(incoming.url ?? '/', urls[turn % urls.length]);
    turn += 1;
    const { method, headers } = incoming;
    const onward = request(target, { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}
