import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { accountsFor, signIn } from './accounts.ts';

type Asked = { readonly path: string; readonly username: string };
/** Status and body; `undefined`: no answer. */
type Answer = (asked: Asked) => readonly [status: number, body: object] | undefined;

/** A target that answers so; what it was asked. */
async function target(answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { username } = JSON.parse(text) as { username: string };
      const one = { path: request.url ?? '', username };
      asked.push(one);
      const said = answer(one);
      if (said !== undefined) response.writeHead(said[0]).end(JSON.stringify(said[1]));
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const never = new AbortController().signal;
const register = '/api/v1/auth/register';
const login = '/api/v1/auth/login';

test('accounts are as many as users, at most 20, with names that a server takes', () => {
  expect(accountsFor('2026-11-21T10.00-x', 3).map(({ username }) => username)).toEqual([
    '2026-11-21T10-00-x-0',
    '2026-11-21T10-00-x-1',
    '2026-11-21T10-00-x-2',
  ]);
  expect(new Set(accountsFor('a'.repeat(50), 1000).map(({ username }) => username)).size).toBe(20);
});

test('each is registered, or signed in where it is known', async () => {
  const { url, asked } = await target(({ path, username }) =>
    path === register && username.endsWith('0')
      ? [409, {}]
      : [200, { accessToken: `${path === login ? 'old' : 'new'} ${username}` }],
  );
  expect(await signIn(url, accountsFor('r', 2), never)).toEqual(['old r-0', 'new r-1']);
  expect(asked.map(({ path }) => path)).toEqual([register, login, register]);
});

test('a target that lets nobody in: both of its answers are told', async () => {
  const { url } = await target(({ path }) =>
    path === register ? [409, { message: 'taken' }] : [429, { message: 'too many' }],
  );
  await expect(signIn(url, accountsFor('r', 2), never)).rejects.toMatchObject({
    message: expect.stringContaining('lets no user in') as string,
    why: `${register} was answered with HTTP 409, ${login} was answered with HTTP 429`,
    evidence: ['{"message":"taken"}', '{"message":"too many"}'],
  });
});

test('a target that is not there is a failure', async () => {
  await expect(signIn('http://127.0.0.1:1', accountsFor('r', 1), never)).rejects.toMatchObject({
    why: 'ECONNREFUSED',
  });
});

test('given up, it comes with the tokens it has', async () => {
  const stop = new AbortController();
  const { url } = await target(({ username }) => {
    if (username === 'r-0') return [200, { accessToken: 'one' }];
    stop.abort();
    return undefined;
  });
  expect(await signIn(url, accountsFor('r', 3), stop.signal)).toEqual(['one']);
});
