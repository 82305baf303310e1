/** One HTTP exchange, read whole and bounded, with a reason in plain words when it fails. */
import { request } from 'undici';

import { readUpTo } from './read-up-to.ts';

const answerWithinMs = 15_000;
const mostBytes = 64 * 1024 * 1024;

export type HttpAnswer = { readonly status: number; readonly text: string };

/** An address without credentials, and the header that carries them. */
export type HttpBase = {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** @param failed makes what is thrown when nobody answers in time */
export async function askHttp(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: { readonly type: string; readonly text: string } | null,
  failed: (why: string, cause: unknown) => Error,
): Promise<HttpAnswer> {
  try {
    const { statusCode, body: answer } = await request(url, {
      method: body === null ? 'GET' : 'POST',
      headers: body === null ? headers : { ...headers, 'content-type': body.type },
      body: body === null ? null : body.text,
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const { bytes, isWhole } = await readUpTo(answer, mostBytes);
    if (!isWhole) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    return { status: statusCode, text: bytes.toString('utf8') };
  } catch (error) {
    throw failed(reason(error), error);
  }
}

/** Takes a name and password out of an address: it is shown to people. */
export function httpBase(base: URL): HttpBase {
  const bare = new URL(base);
  bare.username = '';
  bare.password = '';
  bare.search = '';
  bare.hash = '';
  const pair = `${decoded(base.username)}:${decoded(base.password)}`;
  return {
    address: bare.toString().replace(/\/+$/, ''),
    headers: pair === ':' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  };
}

/** A `%` of a password that begins no escape stands for itself: a URL keeps it as it was typed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** undici hides the reason in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `No answer within ${answerWithinMs / 1000} s.`;
  const code = 'code' in error ? String(error.code) : '';
  if (error.message !== '') return error.message;
  return error.cause instanceof Error ? error.cause.message : code || error.name;
}
