import { describe, expect, test } from 'vitest';

import { nearestName } from './failure.ts';

describe('the nearest name', () => {
  const known = ['chat.ack', 'chat.delivery', 'ip_hash', 'ws', 'count'];
  test.each([
    ['chat.ak', 'chat.ack', 'a letter is missing'],
    ['chat.acck', 'chat.ack', 'a letter is too many'],
    ['caht.ack', 'chat.ack', 'two letters are swapped'],
    ['IP-HASH', 'ip_hash', 'another case and one other sign'],
    ['wss', 'ws', 'short names may differ by one'],
    ['cout', 'count', 'the usual typing error'],
  ])('of %s is %s: %s', (written, meant) => {
    expect(nearestName(written, known)).toBe(meant);
  });

  test.each(['redis', 'x', 'delivery-of-everything', ''])('of %j is none', (written) => {
    expect(nearestName(written, known)).toBeUndefined();
  });
});
