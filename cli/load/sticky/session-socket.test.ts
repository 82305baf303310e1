/** The WebSocket of a session against servers that answer the upgrade otherwise. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { createCookieJar } from '../cookie-jar.ts';
import { openSocket } from './session-socket.ts';
import { anySpeech } from './speech.ts';

test.each([
  {
    it: 'refused in full',
    answer: 'HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno',
    trouble: { kind: 'http-status', text: 'HTTP 403 no' },
  },
  {
    it: 'refused by an answer that is broken off',
    answer: 'HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\nno',
    trouble: { kind: 'closed', text: 'ECONNRESET' },
  },
  { it: 'hung up on', answer: '', trouble: { kind: 'closed', text: 'ECONNRESET' } },
])(
  'an upgrade that is $it is a trouble and no exception',
  async ({ answer, trouble }) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const dialled = await openSocket(
      {
        index: 0,
        url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
        source: null,
        jar: createCookieJar(true),
        speech: anySpeech,
        nodeOf: (address) => address,
        now: () => performance.now(),
        sleep: () => Promise.resolve(),
        stagger: () => Promise.resolve(),
      },
      'a-session',
    );
    expect(dialled.socket).toBeNull();
    expect(dialled.trouble).toEqual(trouble);
  },
  5000,
);
