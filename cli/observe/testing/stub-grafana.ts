/**
 * Speaks Grafana's HTTP API as its documentation has it, in front of canned answers. No Grafana can be
 * had where the tests run; what it would draw from the answers is not tested here.
 */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type StubGrafana = {
  readonly url: URL;
  /** `METHOD path` with the token that came and the JSON body, if there was one. */
  readonly asked: { readonly line: string; readonly token: string; readonly body: unknown }[];
} & AsyncDisposable;

/** @param answers by path, without the query; a path that is not there answers 404 */
export async function stubGrafana(
  answers: Readonly<Record<string, { readonly status?: number; readonly body: unknown }>>,
): Promise<StubGrafana> {
  const asked: StubGrafana['asked'][number][] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const path = new URL(request.url ?? '/', 'http://stub').pathname;
      const text = await textOf(request);
      const isJson = request.headers['content-type'] === 'application/json';
      asked.push({
        line: `${request.method} ${path}`,
        token: request.headers.authorization ?? '',
        body: isJson ? JSON.parse(text) : text,
      });
      const answer = answers[path] ?? { status: 404, body: { message: 'Not found' } };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
