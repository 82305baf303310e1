/** What nginx is to the clients: one address, connections handed in turn to the nodes that listen. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type FrontDoor = {
  readonly url: string;
  /** Later connections go to these ports, in turn; the next one takes over when one refuses. */
  toward(ports: readonly number[]): void;
};

export async function frontDoor(first: readonly number[]): Promise<FrontDoor> {
  let ports = first;
  let turn = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => {});
    const from = turn;
    turn += 1;
    const reach = (attempt: number): void => {
      const port = ports[(from + attempt) % ports.length];
      if (port === undefined || attempt === ports.length) {
        client.destroy();
        return;
      }
      const node = connect(port, '127.0.0.1');
      let reached = false;
      node.on('connect', () => {
        reached = true;
        client.pipe(node).pipe(client);
      });
      node.on('error', () => (reached ? client.destroy() : reach(attempt + 1)));
      node.on('close', () => {
        if (reached) client.destroy();
      });
      client.on('close', () => node.destroy());
    };
    reach(0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of open) client.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    toward: (next) => {
      ports = next;
    },
  };
}
