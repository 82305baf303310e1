import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';

import { exporterMetrics } from '../../server/metric-contract.ts';
import { lintMetrics } from '../../server/testing/lint-metrics.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { accessLogFile } from '../topology/exporter-config.ts';
import { behindNginx } from './testing/behind-nginx.ts';
import { contractBreaches, valueOf } from './testing/parse-page.ts';

const requests = 'rtops_lb_requests_total';
const retries = 'rtops_lb_retries_total';

describe('the exporter behind a real nginx', () => {
  test('has every family of its contract from the start, and nothing else', async () => {
    const { page } = await behindNginx();
    const text = await page();
    expect(contractBreaches(text, Object.values(exporterMetrics))).toEqual([]);
    expect(lintMetrics(text)).toEqual([]);

    const unplanned = text.replaceAll('status_class="2xx"', 'status_class="204"');
    expect(contractBreaches(unplanned, Object.values(exporterMetrics))).toEqual([
      'rtops_lb_requests_total has status_class 204',
    ]);
    const lacking = text.replaceAll('rtops_service_up', 'rtops_service_ready');
    expect(contractBreaches(lacking, Object.values(exporterMetrics))).toContain(
      'rtops_service_up is not on the page',
    );
  });

  test('counts each request by the upstream that answered, and what nginx answered itself', async () => {
    const { url, page, logged } = await behindNginx();
    for (let i = 0; i < 10; i += 1) await (await fetch(`${url}/api/v1/rooms?i=${i}`)).text();
    await (await fetch(`${url}/nowhere`)).text();
    await logged(11);
    const text = await page();
    expect(valueOf(text, requests, { upstream: 'api-1', status_class: '2xx' })).toBe(5);
    expect(valueOf(text, requests, { upstream: 'api-2', status_class: '2xx' })).toBe(5);
    expect(valueOf(text, requests, { upstream: 'none', status_class: '4xx' })).toBe(1);
    expect(valueOf(text, 'rtops_lb_request_seconds_count', { upstream: 'api-1' })).toBe(5);
    expect(valueOf(text, 'rtops_lb_upstream_header_seconds_count', { upstream: 'api-1' })).toBe(5);
    expect(valueOf(text, retries, { upstream: 'api-1' })).toBe(0);
  });

  test('counts the attempts at a killed upstream, once each, and what was given up', async () => {
    const { url, page, upstreams, accessLog, logged } = await behindNginx();
    const [first, second] = upstreams;
    await second?.kill();
    for (let i = 0; i < 6; i += 1) expect((await fetch(`${url}/api/v1/rooms`)).status).toBe(200);
    await logged(6);
    const text = await page();
    // nginx sets the upstream aside after two refusals.
    const tried = accessLog().match(/"upstream_status":"502, 200"/g)?.length;
    expect(tried).toBe(2);
    expect(valueOf(text, retries, { upstream: 'api-2' })).toBe(tried);
    expect(valueOf(text, requests, { upstream: 'api-1', status_class: '2xx' })).toBe(6);
    expect(valueOf(text, requests, { upstream: 'api-2', status_class: '2xx' })).toBe(0);

    await first?.kill();
    expect((await fetch(`${url}/api/v1/rooms`)).status).toBe(502);
    await logged(7);
    const after = await page();
    expect(valueOf(after, retries, { upstream: 'api-1' })).toBe(1);
    const givenUp = ['api-1', 'api-2', 'none'].reduce(
      (sum, upstream) => sum + (valueOf(after, requests, { upstream, status_class: '5xx' }) ?? 0),
      0,
    );
    expect(givenUp).toBe(1);
  });

  test('tells of a failed attempt of a WebSocket while it is open, of the rest when it ends', async () => {
    const { page, upstreams, webSocket, accessLog, logged } = await behindNginx();
    await upstreams.find(({ name }) => name === 'ws-1')?.kill();
    const sockets = [await webSocket(), await webSocket()];
    const open = await page();
    expect(accessLog()).toBe('');
    expect(valueOf(open, retries, { upstream: 'ws-1' })).toBe(1);
    expect(valueOf(open, requests, { upstream: 'ws-2', status_class: '1xx' })).toBe(0);
    if (process.platform === 'linux') {
      expect(valueOf(open, 'rtops_lb_open_sockets', { upstream: 'ws-2' })).toBe(2);
      expect(valueOf(open, 'rtops_lb_open_sockets', { upstream: 'ws-1' })).toBe(0);
    }

    for (const socket of sockets) {
      socket.close();
      await once(socket, 'close');
    }
    await logged(2);
    const ended = await page();
    expect(valueOf(ended, requests, { upstream: 'ws-2', status_class: '1xx' })).toBe(2);
    expect(valueOf(ended, 'rtops_lb_websockets_closed_total', { upstream: 'ws-2' })).toBe(2);
    expect(valueOf(ended, 'rtops_lb_upstream_header_seconds_count', { upstream: 'ws-2' })).toBe(2);
    expect(valueOf(ended, 'rtops_lb_request_seconds_count', { upstream: 'ws-2' })).toBe(0);
    expect(valueOf(ended, retries, { upstream: 'ws-1' })).toBe(1);
  });

  test('takes the same lines by syslog as from the file, and goes on after garbage', async () => {
    const { url, dir, page } = await behindNginx();
    const lines = 200;
    for (let i = 0; i < lines / 20; i += 1) {
      await Promise.all(
        Array.from({ length: 20 }, async () => (await fetch(`${url}/api/v1/rooms`)).text()),
      );
    }
    appendFileSync(join(dir, accessLogFile), 'garbage\n{"time":"17\n');
    await (await fetch(`${url}/api/v1/rooms`)).text();
    await waitUntil(async () => {
      const text = await page();
      return valueOf(text, 'rtops_lb_log_lines_total', { source: 'syslog' }) === lines + 1;
    });
    const text = await page();
    expect(valueOf(text, 'rtops_lb_log_lines_total', { source: 'file' })).toBe(lines + 1);
    expect(valueOf(text, 'rtops_lb_log_lines_total', { source: 'unreadable' })).toBe(2);
    const counted = ['api-1', 'api-2'].map((upstream) =>
      valueOf(text, requests, { upstream, status_class: '2xx' }),
    );
    // Not twice.
    expect((counted[0] ?? 0) + (counted[1] ?? 0)).toBe(lines + 1);
  });
});
