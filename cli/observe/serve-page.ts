/** A page for Prometheus on a port of this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PageServer = {
  readonly port: number;
  /** Resolves when nobody is connected any more. */
  close(): Promise<void>;
};

/**
 * `GET /metrics` is the page, `GET /health` says that it is there. `wasRead` is called when a page was
 * sent whole. Rejects when the port is taken.
 */
export async function servePage(
  host: string,
  port: number,
  contentType: string,
  page: () => Promise<string>,
  wasRead: () => void = () => undefined,
): Promise<PageServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path === '/health') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    } else if (path === '/metrics') {
      page().then(
        (text) => response.writeHead(200, { 'content-type': contentType }).end(text, wasRead),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
