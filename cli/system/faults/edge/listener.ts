/** A port that can stop and start to listen while its connections stay. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

export type Listener = {
  /** Resolves when it is so. Rejects when the port cannot be had. */
  listen(wanted: boolean): Promise<void>;
  isListening(): boolean;
  close(): void;
};

const backlog = 4096;

/** `accept` gets each new connection, paused and half-open capable. */
export function createListener(
  host: string,
  port: number,
  accept: (client: Socket) => void,
): Listener {
  let server: Server | undefined;
  let starting: Promise<void> = Promise.resolve();

  function stop(): void {
    // Closes the port at once; the connections live on.
    server?.close();
    server = undefined;
  }

  return {
    async listen(wanted) {
      if (!wanted) {
        stop();
        return;
      }
      if (server === undefined) {
        const fresh = createServer({ pauseOnConnect: true, allowHalfOpen: true }, accept);
        server = fresh;
        starting = new Promise((resolve, reject) => {
          fresh.once('error', (error) => {
            if (server === fresh) server = undefined;
            reject(error);
          });
          fresh.once('close', resolve);
          fresh.listen({ host, port, backlog }, resolve);
        });
      }
      await starting;
    },
    isListening: () => server?.listening === true,
    close: stop,
  };
}
