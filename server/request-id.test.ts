import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { requestId } from './request-id.ts';

function from(remoteAddress: string, given: string): IncomingMessage {
  const remoteFamily = remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  const request = { headers: { 'x-request-id': given }, socket: { remoteAddress, remoteFamily } };
  return request as unknown as IncomingMessage;
}

describe('the id of a request', () => {
  test.each([
    ...['127.0.0.1', '127.9.0.4', '::1', '::ffff:127.0.0.1', '10.1.2.3', '172.29.61.2'],
    ...['192.168.0.9', 'fd00::1'],
  ])('is the one that a proxy at %s gave', (address) => {
    expect(requestId(from(address, 'abc-1'))).toBe('abc-1');
  });

  test.each(['203.0.113.9', '172.32.0.1', '2001:db8::1', '::ffff:203.0.113.9'])(
    'is a new one for %s, whatever it claims',
    (address) => {
      expect(requestId(from(address, 'abc-1'))).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('is a new one where the proxy gave none that may be copied', () => {
    expect(requestId(from('127.0.0.1', 'a b'))).toMatch(/^[0-9a-f-]{36}$/);
    expect(requestId(from('127.0.0.1', 'x'.repeat(129)))).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('stays the same however often it is asked for', () => {
    const request = from('203.0.113.9', '');
    expect(requestId(request)).toBe(requestId(request));
  });
});
