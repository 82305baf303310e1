/** A target of known series for a Prometheus in a test: a counter that grows with each scrape, and more. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Its address; it ends with the returned scope. */
export async function shopTarget(): Promise<{ readonly address: string } & AsyncDisposable> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes += 1;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(page(scrapes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function page(scrapes: number): string {
  const many = Array.from({ length: 60 }, (_, index) => `shop_shelf{shelf="s${index}"} ${index}`);
  return [
    '# TYPE shop_orders_total counter',
    `shop_orders_total{kind="card"} ${scrapes * 3}`,
    `shop_orders_total{kind="cash.only"} ${scrapes}`,
    '# TYPE shop_errors_total counter',
    'shop_errors_total 0',
    '# TYPE shop_queue gauge',
    `shop_queue ${5 + (scrapes % 3)}`,
    '# TYPE shop_seconds histogram',
    `shop_seconds_bucket{le="0.1"} ${scrapes}`,
    `shop_seconds_bucket{le="1"} ${scrapes * 2}`,
    `shop_seconds_bucket{le="+Inf"} ${scrapes * 2}`,
    `shop_seconds_count ${scrapes * 2}`,
    `shop_seconds_sum ${scrapes}`,
    '# TYPE shop_closed gauge',
    // A fault between the sixth and the tenth scrape, as rtops_fault_active has it.
    `rtops_fault_active{kind="kill",target="a"} ${scrapes > 6 && scrapes <= 10 ? 1 : 0}`,
    ...(scrapes === 4 ? ['shop_once 1'] : []),
    ...many,
    '',
  ].join('\n');
}
