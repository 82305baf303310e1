import { describe, expect, test } from 'vitest';

import { createCookieJar } from './cookie-jar.ts';

describe('a cookie jar', () => {
  test('sends back what was set, under its path only', () => {
    const jar = createCookieJar(true);
    jar.store(['node=ws-1; Path=/socket.io/; HttpOnly; SameSite=Lax', 'a=b=c']);
    expect(jar.header('/socket.io/')).toBe('node=ws-1; a=b=c');
    expect(jar.header('/socket.iox/')).toBe('a=b=c');
    expect(jar.header('/')).toBe('a=b=c');
  });

  test('a later value replaces the earlier one, and Max-Age=0 ends it', () => {
    const jar = createCookieJar(true);
    jar.store(['node=ws-1']);
    jar.store(['node=ws-2']);
    expect(jar.header('/')).toBe('node=ws-2');
    jar.store(['node=; Max-Age=0']);
    expect(jar.header('/')).toBeUndefined();
    expect(jar.names()).toEqual(['node']);
  });

  test('one that drops cookies knows what it was given and sends nothing', () => {
    const jar = createCookieJar(false);
    jar.store(['node=ws-1']);
    expect(jar.header('/')).toBeUndefined();
    expect(jar.names()).toEqual(['node']);
  });

  test('names what a cookie of a session lacks', () => {
    const bare = createCookieJar(true);
    bare.store(['node=ws-1; path=/']);
    expect(bare.flaws()).toEqual([
      'the cookie node has no HttpOnly',
      'the cookie node has no SameSite',
    ]);
    const clean = createCookieJar(true);
    clean.store(['node=ws-1; httponly; samesite=lax']);
    expect(clean.flaws()).toEqual([]);
    const overTls = createCookieJar(true, true);
    overTls.store(['node=ws-1; HttpOnly; SameSite=Lax']);
    expect(overTls.flaws()).toEqual(['the cookie node has no Secure']);
  });

  test('the value is all behind the first =, and may be empty', () => {
    const jar = createCookieJar(true);
    jar.store(['token=abc==', 'empty=; Secure', 'kept=1; Max-Age=60']);
    expect(jar.header('/')).toBe('token=abc==; empty=; kept=1');
  });

  test('what is no cookie is passed over', () => {
    const jar = createCookieJar(true);
    jar.store(['', '=x', 'nothing; Path=/']);
    expect(jar.names()).toEqual([]);
  });
});
