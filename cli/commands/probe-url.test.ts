import { describe, expect, test } from 'vitest';

import { allowedUrl } from './probe-url.ts';

describe('--url', () => {
  test.each([
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://localhost:3000/', 'http://localhost:3000'],
    ['https://[::1]', 'https://[::1]'],
  ])('%s is dialled at %s', (text, origin) => {
    expect(allowedUrl(text, undefined)).toBe(origin);
  });

  test('another host must be named a second time', () => {
    expect(() => allowedUrl('http://chat.test', undefined)).toThrow('not on this machine');
    expect(() => allowedUrl('http://127.0.0.1.chat.test', undefined)).toThrow(
      'not on this machine',
    );
    expect(allowedUrl('http://chat.test', 'chat.test')).toBe('http://chat.test');
  });

  test.each([
    'http://127.0.0.1:3000/chat',
    'http://127.0.0.1:3000/?EIO=4',
    'http://127.0.0.1:3000/#chat',
    'http://me:hush@127.0.0.1:3000',
  ])('%s has more than an address: refused, not left out in silence', (text) => {
    expect(() => allowedUrl(text, undefined, 'sticky-test')).toThrow(
      expect.objectContaining({
        code: 2,
        message: expect.not.stringContaining('hush'),
        next: 'rtops sticky-test --url http://127.0.0.1:3000',
      }),
    );
  });

  test.each(['localhost:3000', 'ftp://127.0.0.1', ''])('%j is no address', (text) => {
    expect(() => allowedUrl(text, undefined)).toThrow('is not an http or https URL');
  });
});
