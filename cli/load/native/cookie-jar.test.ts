import { describe, expect, test } from 'vitest';

import { CookieJar } from './cookie-jar.ts';

describe('a cookie jar', () => {
  test.each([
    { it: 'is empty at first', lines: [], header: undefined },
    {
      it: 'keeps name and value, and none of the attributes',
      lines: ['node=ws-1; Path=/socket.io/; HttpOnly; SameSite=Lax'],
      header: 'node=ws-1',
    },
    { it: 'sends all it has', lines: ['a=1', 'b=2; Secure'], header: 'a=1; b=2' },
    { it: 'has one of a name, the last', lines: ['a=1', 'b=2', 'a=3'], header: 'a=3; b=2' },
    { it: 'keeps what is behind further =', lines: ['t=abc=='], header: 't=abc==' },
    { it: 'keeps an empty value', lines: ['a='], header: 'a=' },
    { it: 'throws away what ends at once', lines: ['a=1', 'a=; Max-Age=0'], header: undefined },
    { it: 'keeps what ends later', lines: ['a=1; Max-Age=60'], header: 'a=1' },
    { it: 'takes no line without a name', lines: ['nonsense', '=x', ''], header: undefined },
  ])('$it', ({ lines, header }) => {
    const jar = new CookieJar();
    jar.take(lines);
    jar.take(undefined);
    expect(jar.header).toBe(header);
  });
});
