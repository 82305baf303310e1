import { describe, expect, test } from 'vitest';

import { parseAccessLine } from './access-line.ts';
import { parseUpstreamError } from './upstream-error.ts';

const plain = {
  time: '1795271897.211',
  method: 'GET',
  path: '/api/v1/rooms',
  transport: '',
  has_sid: '0',
  status: '200',
  request_time: '0.028',
  upstream: '127.0.0.1:3001',
  upstream_status: '200',
  upstream_header_time: '0.027',
};
const line = (over: Partial<typeof plain> = {}) => JSON.stringify({ ...plain, ...over });

describe('a line of the access log', () => {
  test('tells when the request ended, how long it took and who answered', () => {
    expect(parseAccessLine(line())).toEqual({
      endedAtMs: 1_795_271_897_211,
      status: 200,
      requestSec: 0.028,
      isWebSocket: false,
      isLongPoll: false,
      attempts: [{ address: '127.0.0.1:3001', status: 200, headerSec: 0.027 }],
    });
  });

  test('with lists tells of each attempt', () => {
    const tried = line({
      upstream: '127.0.0.1:3001, 127.0.0.1:3002',
      upstream_status: '502, 200',
      upstream_header_time: '-, 0.027',
    });
    expect(parseAccessLine(tried)?.attempts).toEqual([
      { address: '127.0.0.1:3001', status: 502, headerSec: null },
      { address: '127.0.0.1:3002', status: 200, headerSec: 0.027 },
    ]);
  });

  test('goes on over an internal redirect', () => {
    const redirected = line({
      upstream: '127.0.0.1:3001 : 127.0.0.1:3002',
      upstream_status: '302 : 200',
      upstream_header_time: '0.001 : 0.002',
    });
    expect(parseAccessLine(redirected)?.attempts.map(({ status }) => status)).toEqual([302, 200]);
  });

  test('of what nginx answered by itself has no attempts', () => {
    for (const upstream of ['', '-']) {
      expect(parseAccessLine(line({ upstream }))?.attempts).toEqual([]);
    }
  });

  test.each([
    [{ method: 'GET', transport: 'polling', has_sid: '1' }, true],
    [{ method: 'GET', transport: 'polling', has_sid: '0' }, false],
    [{ method: 'POST', transport: 'polling', has_sid: '1' }, false],
    [{ method: 'GET', transport: 'websocket', has_sid: '1' }, false],
  ])('%j is a long poll: %s', (over, isLongPoll) => {
    expect(parseAccessLine(line(over))?.isLongPoll).toBe(isLongPoll);
  });

  test.each([
    '',
    'garbage',
    'null',
    '[]',
    '{}',
    line().slice(0, 40),
    line({ time: '' }),
    line({ status: 'abc' }),
  ])('that is not whole is none: %s', (text) => {
    expect(parseAccessLine(text)).toBeUndefined();
  });
});

describe('a line of the error log', () => {
  const refused = (doing: string, upstream = 'http://127.0.0.1:26285/socket.io/?EIO=4') =>
    `2026/11/21 14:38:05 [error] 20435#20435: *208 connect() failed (111: Connection refused) while ${doing}, client: 127.0.30.1, server: , request: "GET /socket.io/?EIO=4 HTTP/1.1", upstream: "${upstream}", host: "127.0.0.1:26287"`;

  test.each([
    'connecting to upstream',
    'sending request to upstream',
    'reading response header from upstream',
  ])('is a failed attempt while %s', (doing) => {
    expect(parseUpstreamError(refused(doing))).toEqual({
      address: '127.0.0.1:26285',
      atMs: new Date(2026, 10, 21, 14, 38, 5).getTime(),
    });
  });

  test.each([
    refused('proxying upgraded connection'),
    refused('reading upstream'),
    refused('connecting to upstream').replace('[error]', '[warn]'),
    'while connecting to upstream, upstream: "http://127.0.0.1:1/"',
    '2026/11/21 14:38:05 [notice] 1#1: signal process started',
    '',
  ])('is no failed attempt: %s', (text) => {
    expect(parseUpstreamError(text)).toBeUndefined();
  });
});
