import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { history } from './testing/load-run.ts';
import { httpGivenUpCode, httpResetCode, recordKind } from '../../samples/history.ts';
import type { HistoryRecord } from '../../samples/history.ts';
import { HistoryWriter } from './history-writer.ts';
import { HttpLoad } from './http-load.ts';
import { createMeasures } from './measures.ts';

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('HTTP load by connection', () => {
  test('the asked share opens connections of its own, the rest is kept', async () => {
    const { counters, records, server } = await load({ answer: () => ok, freshShare: 0.25 });
    // Ten on their own, and the one or two that all others share: they come one after the other.
    const opened = server.connections();
    expect(opened).toBeGreaterThan(10);
    expect(opened).toBeLessThan(15);
    expect(counters).toMatchObject({ http: 40, httpErrors: 0, httpFreshErrors: 0 });
    expect(counters.httpFresh).toBe(opened);
    expect(records.filter(({ peer }) => peer === 1)).toHaveLength(opened);
    expect(records.every(({ code }) => code === 2)).toBe(true);
  });

  test('a reset of a kept connection is an error of its own class', async () => {
    const { counters, records, problems } = await load({
      answer: (nth) => (nth % 5 === 0 ? 'reset' : ok),
      freshShare: 0.25,
    });
    expect(counters.httpReusedResets).toBeGreaterThan(3);
    expect(counters.httpErrors).toBe(counters.httpReusedResets);
    expect(counters.httpFreshErrors).toBe(0);
    const resets = records.filter(({ code }) => code === httpResetCode);
    expect(resets).toHaveLength(counters.httpReusedResets);
    expect(resets.every(({ peer }) => peer === 0)).toBe(true);
    expect(Object.keys(problems).join()).toContain('on a kept connection, before any answer');
  });

  test('a reset of a fresh connection is none of that class', async () => {
    const { counters, records } = await load({ answer: () => 'reset', freshShare: 1 });
    expect(counters).toMatchObject({ httpErrors: 40, httpFreshErrors: 40, httpReusedResets: 0 });
    expect(records.every(({ code, peer }) => code === 0 && peer === 1)).toBe(true);
  });

  test('an answer that had begun on a kept connection is no reset', async () => {
    const { counters } = await load({
      answer: (nth) => (nth === 1 ? ok : 'begin'),
      freshShare: 0,
    });
    expect(counters.httpErrors).toBeGreaterThan(10);
    expect(counters.httpReusedResets).toBe(0);
  });

  test('a server that says nothing: what is given up took at least the time it was waited for', async () => {
    const { requests, measures, records, server } = await open({
      answer: () => 'silence',
      freshShare: 0.25,
    });
    requests.fire(39);
    await expect.poll(server.requests).toBe(40);
    const askedUs = performance.now() * 1000;
    await requests.close();
    await expect.poll(() => requests.isQuiet).toBe(true);
    expect(measures.counters).toMatchObject({ http: 40, httpErrors: 40, httpGivenUp: 40 });
    expect(measures.histograms.http.count).toBe(40);
    expect(measures.histograms.http.latencyMs().p50).toBeGreaterThan((askedUs / 1000) * 0.99);
    const all = await records();
    expect(all).toHaveLength(40);
    expect(all.every(({ code }) => code === httpGivenUpCode)).toBe(true);
    expect(all.every(({ value }) => value >= askedUs - 40)).toBe(true);
  });

  test('what finds no free connection waits here, and no longer than for an answer', async () => {
    let aheadUs = 0;
    const { requests, measures, records, server } = await open({
      answer: () => 'silence',
      freshShare: 0,
      aheadUs: () => aheadUs,
    });
    requests.fire(99);
    await expect.poll(server.requests).toBe(64);
    expect(measures.counters.http).toBe(0);
    aheadUs = 11_000_000;
    requests.fire(99);
    expect(measures.counters).toMatchObject({ http: 36, httpErrors: 36, httpGivenUp: 36 });
    expect(measures.histograms.http.latencyMs().p50).toBeGreaterThan(10_000);
    await requests.close();
    const all = await records();
    expect(all.filter(({ code }) => code === httpGivenUpCode)).toHaveLength(100);
    expect(server.requests()).toBe(64);
  });

  test('what waits for a connection gets the next that is free; until then it was not sent', async () => {
    const { requests, measures, records } = await open({ answer: () => ok, freshShare: 0 });
    requests.fire(299);
    await expect.poll(() => requests.isQuiet).toBe(true);
    expect(measures.counters).toMatchObject({ http: 300, httpErrors: 0 });
    const all = await records();
    const waited = all.map(({ n }) => n).toSorted((a, b) => a - b);
    expect(waited.at(-1)).toBeGreaterThan((waited[0] ?? 0) + 300);
    expect(all.every(({ n, value }) => value >= n)).toBe(true);
  });

  test('nobody listens: what is refused at once is an error and no latency', async () => {
    const { counters, latency } = await load({ answer: () => ok, freshShare: 0.25, closed: true });
    expect(counters).toMatchObject({ httpErrors: 40, httpGivenUp: 0 });
    expect(latency.count).toBe(0);
  });

  test('nobody listens: every failure is one of a fresh connection', async () => {
    const { counters } = await load({ answer: () => ok, freshShare: 0.25, closed: true });
    expect(counters).toMatchObject({ httpErrors: 40, httpFreshErrors: 40, httpReusedResets: 0 });
  });
});

type Answer = (nthOnItsConnection: number) => string;

type How = { answer: Answer; freshShare: number; closed?: boolean; aheadUs?: () => number };

/** Forty requests, one after the other, on a server that does what `answer` says. */
async function load(how: How) {
  const { requests, measures, records, server } = await open(how);
  for (let k = 0; k < 40; k += 1) {
    requests.fire(k);
    while (!requests.isQuiet) await new Promise(setImmediate);
  }
  const { counters, histograms } = measures;
  return {
    ...{ counters, server, latency: histograms.http },
    records: await records(),
    problems: measures.takeProblems(),
  };
}

async function open(how: How) {
  const server = await listen(how.answer);
  if (how.closed === true) await server.close();
  const dir = mkdtempSync(join(tmpdir(), 'rtops-http-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const measures = createMeasures();
  const writer = new HistoryWriter(join(dir, 'worker-0.bin'), (text) => {
    throw new Error(text);
  });
  const { freshShare } = how;
  const requests = new HttpLoad({
    url: new URL(`http://127.0.0.1:${server.port}`),
    path: '/',
    localAddress: () => undefined,
    pacer: {
      periodUs: Infinity,
      sendDueUs: () => Infinity,
      firstSendFrom: () => Infinity,
      httpDueUs: (k) => k,
      isFreshHttp: (k) => Math.floor((k + 1) * freshShare) > Math.floor(k * freshShare),
    },
    clock: { nowUs: () => performance.now() * 1000 + (how.aheadUs?.() ?? 0) },
    history: writer,
    measures,
    token: () => 'token',
  });
  onTestFinished(async () => {
    await requests.close();
  });
  const records = async (): Promise<readonly HistoryRecord[]> => {
    await writer.flush();
    return history(dir).filter(({ kind }) => kind === recordKind.http);
  };
  return { requests, measures, records, server };
}

async function listen(answer: Answer) {
  let connections = 0;
  let requests = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    let nth = 0;
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', () => {
      nth += 1;
      requests += 1;
      const said = answer(nth);
      if (said === 'reset') socket.resetAndDestroy();
      else if (said === 'begin') socket.write('HTTP/1.1 200', () => socket.destroy());
      else if (said !== 'silence') socket.write(said);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    if (!server.listening) return;
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { port, connections: () => connections, requests: () => requests, close };
}
