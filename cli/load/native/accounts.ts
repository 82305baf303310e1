/** Accounts on somebody else's system: registered over REST, because its secret is not known. */
import { request } from 'undici';

import { path } from '../../../server/contract.ts';
import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';

/** Users share these; more would only stress the sign-up. */
const mostAccounts = 20;
const answerWithinMs = 10_000;

export type Account = { readonly username: string; readonly password: string };

/** The accounts of a run: `min(users, 20)`, named after it. */
export function accountsFor(runId: string, users: number): readonly Account[] {
  return Array.from({ length: Math.min(users, mostAccounts) }, (_, i) => ({
    username: `${runId}-${i}`.replace(/[^A-Za-z0-9_-]/g, '-').slice(-32),
    password: `rtops ${runId} ${i} passphrase`,
  }));
}

/**
 * Access tokens of the accounts, in their order; an account that does not exist is registered.
 * Fails (121) when the target does not let them in. After `signal` it comes with those it has.
 */
export async function signIn(
  url: string,
  accounts: readonly Account[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tokens: string[] = [];
  try {
    // One after the other: sign-up is where a server is slow and limited on purpose.
    for (const account of accounts) {
      signal.throwIfAborted();
      tokens.push(await tokenOf(url, account, signal));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return tokens;
}

async function tokenOf(url: string, account: Account, signal: AbortSignal): Promise<string> {
  const registered = await post(url, path.register, account, signal);
  if (registered.token !== undefined) return registered.token;
  const signedIn = await post(url, path.login, account, signal);
  if (signedIn.token !== undefined) return signedIn.token;
  throw notLetIn(url, [registered, signedIn]);
}

type Answer = {
  readonly where: string;
  readonly status: number;
  readonly token: string | undefined;
  readonly text: string;
};

async function post(
  url: string,
  where: string,
  account: Account,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const { statusCode, body } = await request(new URL(where, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account),
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
      signal,
    });
    const text = await body.text();
    return { where, status: statusCode, token: accessToken(text), text };
  } catch (error) {
    throw new Failure(exitCode.unhealthy, `${url} did not answer a sign-up`, {
      why: (error as NodeJS.ErrnoException).code ?? (error as Error).message,
      cause: error,
    });
  }
}

function accessToken(text: string): string | undefined {
  try {
    const { accessToken: token } = JSON.parse(text) as { accessToken?: unknown };
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined;
  }
}

function notLetIn(url: string, answers: readonly Answer[]): Failure {
  return new Failure(exitCode.unhealthy, `${url} lets no user in`, {
    why: answers.map(({ where, status }) => `${where} was answered with HTTP ${status}`).join(', '),
    evidence: answers.map(({ text }) => text.slice(0, 200)).filter((text) => text !== ''),
    next: 'check that the target is an rtops server or speaks its REST API',
  });
}
