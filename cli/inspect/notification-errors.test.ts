import { describe, expect, test } from 'vitest';

import { readNotificationErrors } from './notification-errors.ts';
import { redactUrls } from './redact-urls.ts';

describe('redactUrls', () => {
  test.each([
    ['http://a.test:80/x/y: oops', 'http://a.test:80/…: oops'],
    ['Post "https://me:pw@a.test/x?y=1": refused', 'Post "https://a.test/…": refused'],
    ['https://a.test?token=1', 'https://a.test/…'],
    ['http://a.test', 'http://a.test'],
    ['nothing to hide', 'nothing to hide'],
    ['http://a.test/x;token=1; next: http://b.test/y', 'http://a.test/…; next: http://b.test/…'],
    ['https://me:p@ss@a.test/x', 'https://a.test/…'],
    ['https://a.test?to=me@b.test', 'https://a.test/…'],
    ['mail me@b.test of http://a.test', 'mail me@b.test of http://a.test'],
  ])('%s', (text, shown) => {
    expect(redactUrls(text)).toBe(shown);
  });
});

describe('readNotificationErrors', () => {
  test('an attempt, and the sum of all receivers', () => {
    const log = [
      'level=warn receiver=team integration=webhook[0] msg="Notify attempt failed" err="unexpected status code 500: http://a.test/x: oops"',
      'level=error msg="Notify for alerts failed" err="team/discord[0]: notify retry canceled due to unrecoverable error after 1 attempts: unexpected status code 404: no; team/webhook[0]: notify retry canceled after 8 attempts: context deadline exceeded"',
    ].join('\n');
    const errors = readNotificationErrors(log);
    expect(errors.get('webhook')).toMatchObject({ status: 500 });
    expect(errors.get('discord')).toMatchObject({ status: 404 });
  });

  test.each([
    ['dial tcp 127.0.0.1:9: connect: connection refused', 'refused'],
    ['context deadline exceeded', 'hangs'],
    ['lookup a.test: no such host', 'host name'],
    ['unexpected status code 301: http://a.test/secret: moved', 'elsewhere'],
    ['x509: certificate signed by unknown authority', 'certificate'],
    ['odd: Post \\"http://a.test/secret\\": EOF', 'http://a.test/…'],
  ])('%s is told as %s', (err, told) => {
    const why = readNotificationErrors(`integration=slack[0] err="${err}"`).get('slack')?.why;
    expect(why).toContain(told);
    expect(why).not.toContain('secret');
  });

  test('lines of something else say nothing', () => {
    expect(readNotificationErrors('level=info msg="Listening"\nnonsense').size).toBe(0);
  });
});
