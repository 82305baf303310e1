/** One question to an HTTP API that speaks Prometheus' envelope, at its own address or behind Grafana. */
import { request } from 'undici';
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';

const answerWithinMs = 15_000;
const mostBytes = 64 * 1024 * 1024;

export type ApiAnswer =
  | { readonly kind: 'data'; readonly data: unknown }
  /** Prometheus understood, and refused: a parse error, too many points, a timeout of its own. */
  | { readonly kind: 'refused'; readonly text: string };

export type Api = {
  /** For people: without credentials. */
  readonly name: string;
  /** @throws Failure unhealthy (121) when nothing answers, or something else does */
  get(path: string, params?: Params): Promise<ApiAnswer>;
  /** For what may be too long for an address. @throws as {@link Api.get} */
  post(path: string, params: Params): Promise<ApiAnswer>;
};

export type Params = readonly (readonly [name: string, value: string])[];

const envelope = z.looseObject({
  status: z.enum(['success', 'error']),
  data: z.unknown().optional(),
  errorType: z.string().optional(),
  error: z.string().optional(),
});

/** @param next the command that helps when it is not there */
export function openApi(base: URL, headers: Readonly<Record<string, string>>, next: string): Api {
  const { address, name, authorization } = apart(base);
  const all = { accept: 'application/json', ...authorization, ...headers };
  const ask = async (path: string, method: 'GET' | 'POST', params: Params): Promise<ApiAnswer> => {
    const url = new URL(`${address}/${path}`);
    const form = new URLSearchParams();
    for (const [key, value] of params) form.append(key, value);
    if (method === 'GET') url.search = form.toString();
    const { status, text } = await send(url, method === 'POST' ? form : null, all, (why, cause) =>
      notThere(name, why, next, cause),
    );
    return read(status, text, (why) => notPrometheus(name, why, next));
  };
  return {
    name,
    get: (path, params = []) => ask(path, 'GET', params),
    post: (path, params) => ask(path, 'POST', params),
  };
}

async function send(
  url: URL,
  form: URLSearchParams | null,
  headers: Readonly<Record<string, string>>,
  failed: (why: string, cause: unknown) => Failure,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const { statusCode, body } = await request(url, {
      method: form === null ? 'GET' : 'POST',
      headers:
        form === null
          ? headers
          : { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: form === null ? null : form.toString(),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      const part: Buffer = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
      chunks.push(part);
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    throw failed(reason(error), error);
  }
}

function read(status: number, text: string, failed: (why: string) => Failure): ApiAnswer {
  if (status === 401 || status === 403) {
    throw failed(
      `It answered ${status}: the token or password is missing or has no right to query.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failed(`It answered ${status} with something that is not JSON.`);
  }
  const parsed = envelope.safeParse(value);
  if (!parsed.success) throw failed(`It answered ${status} with JSON that is not Prometheus'.`);
  const { status: outcome, data, error, errorType } = parsed.data;
  if (outcome === 'success') return { kind: 'data', data };
  return { kind: 'refused', text: error ?? errorType ?? `status ${status}` };
}

function apart(base: URL): {
  readonly address: string;
  readonly name: string;
  readonly authorization: Readonly<Record<string, string>>;
} {
  const bare = new URL(base);
  bare.username = '';
  bare.password = '';
  bare.search = '';
  bare.hash = '';
  const address = bare.toString().replace(/\/+$/, '');
  const pair = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  return {
    address,
    name: address,
    authorization:
      pair === ':' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  };
}

function notThere(name: string, why: string, next: string, cause: unknown): Failure {
  return new Failure(exitCode.unhealthy, `${name} does not answer`, { why, next, cause });
}

function notPrometheus(name: string, why: string, next: string): Failure {
  return new Failure(exitCode.unhealthy, `${name} does not answer as Prometheus does`, {
    why,
    next,
  });
}

/** undici hides the reason in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `No answer within ${answerWithinMs / 1000} s.`;
  const code = 'code' in error ? String(error.code) : '';
  if (error.message !== '') return error.message;
  return error.cause instanceof Error ? error.cause.message : code || error.name;
}
