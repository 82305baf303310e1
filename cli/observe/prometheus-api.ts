/** One question to an HTTP API that speaks Prometheus' envelope, at its own address or behind Grafana. */
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { askHttp, httpBase } from './ask-http.ts';

/** Prometheus understood, and refused: a parse error, too many points, a timeout of its own. */
export type Refusal = { readonly kind: 'refused'; readonly text: string };

export type ApiAnswer = { readonly kind: 'data'; readonly data: unknown } | Refusal;

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
  const { address, headers: credentials } = httpBase(base);
  const all = { accept: 'application/json', ...credentials, ...headers };
  const ask = async (path: string, method: 'GET' | 'POST', params: Params): Promise<ApiAnswer> => {
    const url = new URL(`${address}/${path}`);
    const form = new URLSearchParams();
    for (const [key, value] of params) form.append(key, value);
    if (method === 'GET') url.search = form.toString();
    const body =
      method === 'GET'
        ? null
        : { type: 'application/x-www-form-urlencoded', text: form.toString() };
    const { status, text } = await askHttp(url, all, body, (why, cause) =>
      notThere(address, why, next, cause),
    );
    // With an envelope a 503 is an answer: a query that took too long.
    if (status === 503 && !text.startsWith('{')) throw notReadyYet(address);
    return read(status, text, (why) => notPrometheus(address, why, next));
  };
  return {
    name: address,
    get: (path, params = []) => ask(path, 'GET', params),
    post: (path, params) => ask(path, 'POST', params),
  };
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

function notThere(name: string, why: string, next: string, cause: unknown): Failure {
  return new Failure(exitCode.unhealthy, `${name} does not answer`, { why, next, cause });
}

function notReadyYet(name: string): Failure {
  return new Failure(exitCode.unhealthy, `${name} is not ready`, {
    why: 'It answered 503. A Prometheus that has just started reads its data back first.',
    next: 'again in some seconds',
  });
}

function notPrometheus(name: string, why: string, next: string): Failure {
  return new Failure(exitCode.unhealthy, `${name} does not answer as Prometheus does`, {
    why,
    next,
  });
}
