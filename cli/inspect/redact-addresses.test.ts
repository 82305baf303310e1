import { describe, expect, test } from 'vitest';

import { redactAddresses } from './redact-addresses.ts';

const redact = redactAddresses([
  'https://hooks.test/services/T0SECRET/B0SECRET/x+y/Zz9',
  'https://me:p%40ssword@discord.test/api/webhooks/SECRETDISC/tok',
  'https://any.test/hook?key=SECRET%2FHOOK&b=2&team=ab%26cd',
]);

describe('redactAddresses', () => {
  test.each([
    ['no such hook /api/webhooks/SECRETDISC/tok', 'no such hook …'],
    ['Cannot POST /webhooks/SECRETDISC/tok', 'Cannot POST …'],
    ['Cannot POST %2Fwebhooks%2Fsecretdisc%2Ftok', 'Cannot POST …'],
    [String.raw`{\"path\":\"\/api\/webhooks\/SECRETDISC\/tok\"}`, String.raw`{\"path\":\"…\"}`],
    ['<pre>&#x2F;api&#x2F;webhooks&#x2F;SECRETDISC&#x2F;tok</pre>', '<pre>…</pre>'],
    ['key SECRET/HOOK, or SECRET%2FHOOK, or SECRET%2fHOOK', 'key …, or …, or …'],
    ['the team ab&amp;cd', 'the team …'],
    ['hook?key=SECRET%2FHOOK&b=2&team=ab%26cd', 'hook?…'],
    [String.raw`key=SECRET%2FHOOK\u0026b=2`, String.raw`key=…\u0026b=2`],
    ['token T0SECRET of B0SECRET', 'token … of …'],
    ['password p@ssword, p%40ssword', 'password …, …'],
    [
      'Post "https://hooks.test/services/T0SECRET/B0SECRET/x": EOF',
      'Post "https://hooks.test/…": EOF',
    ],
  ])('%s', (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  test('what a reader of the log needs stays', () => {
    const line =
      'level=warn component=dispatcher receiver=team integration=webhook[0] msg="Notify attempt failed" attempt=2 err="unexpected status code 404: http://any.test"';
    expect(redact(line)).toBe(line);
    expect(redactAddresses([])('nothing /to/hide')).toBe('nothing /to/hide');
    expect(redactAddresses(['http://a.test/404/x'])('status code 404')).toBe('status code 404');
  });
});
