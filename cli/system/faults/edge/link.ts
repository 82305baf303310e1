/** One connection through an edge: the dialler's socket, the target's, and a pipe each way. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { createPipe } from './pipe.ts';
import type { Pipe, Weather } from './pipe.ts';
import type { Way } from './toxic.ts';

export type LinkWeather = Readonly<Record<Way, Weather>>;

export type Link = {
  change(weather: LinkWeather): void;
  /** RST to both ends. */
  reset(): void;
  passedBytes(way: Way): number;
};

export type LinkEvents = {
  /** Nobody listens there. */
  readonly targetRefused: () => void;
  /** The target ended or broke the connection first: maybe it died. */
  readonly targetEnded: () => void;
  /** As much passed as a cut lets through. */
  readonly cut: () => void;
  /** Both ends are gone. */
  readonly over: () => void;
};

/** After a cut both ends get this long to read what is under way and to close. */
const lingerMs = 1000;

/**
 * `client` must be paused. The target is dialled at once, from the client's own address so that it
 * sees who comes; under a blackhole not before it is lifted: what never arrived cannot have
 * connected.
 */
export function createLink(
  client: Socket,
  target: { readonly host: string; readonly port: number },
  first: LinkWeather,
  events: LinkEvents,
): Link {
  let weather = first;
  let server: Socket | undefined;
  let pipes: Readonly<Record<Way, Pipe>> | undefined;
  let over = false;
  let told = false;
  /** Ways on which the end of the world was not passed on yet. */
  const broken = new Set<Way>();

  client.setNoDelay(true);
  client.on('error', () => undefined);
  client.on('close', () => lost('up', client));
  dialWhenHeard();

  function dialWhenHeard(): void {
    if (server !== undefined || over || client.destroyed) return;
    if (weather.up.silent || weather.down.silent) return;
    server = dial();
    pipes = {
      up: createPipe(client, server, weather.up, cut),
      down: createPipe(server, client, weather.down, cut),
    };
  }

  function dial(): Socket {
    const from = client.remoteAddress;
    const socket = connect({
      ...target,
      allowHalfOpen: true,
      noDelay: true,
      ...(from === undefined || from === target.host ? {} : { localAddress: from }),
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (socket.connecting || error.code === 'ECONNREFUSED') events.targetRefused();
    });
    socket.once('end', () => {
      if (!client.readableEnded) events.targetEnded();
    });
    socket.on('close', () => lost('down', socket));
    return socket;
  }

  /** One end closed. An orderly end went through the pipe; anything else breaks the other end too. */
  function lost(way: Way, socket: Socket): void {
    if (!over && !(socket.readableEnded && socket.writableFinished)) {
      broken.add(way);
      if (way === 'down' && !socket.connecting) events.targetEnded();
      passOnBreaks();
    }
    if (!told && client.destroyed && (server === undefined || server.destroyed)) {
      told = true;
      closePipes();
      events.over();
    }
  }

  function passOnBreaks(): void {
    for (const way of broken) if (!weather[way].silent) reset();
  }

  function closePipes(): void {
    over = true;
    pipes?.up.close();
    pipes?.down.close();
  }

  function reset(): void {
    closePipes();
    client.resetAndDestroy();
    server?.resetAndDestroy();
  }

  /** An orderly end of both ways: what went through before still arrives. */
  function cut(): void {
    closePipes();
    events.cut();
    const sockets = [client, ...(server === undefined ? [] : [server])];
    for (const socket of sockets) {
      socket.end();
      // Unread bytes at a close would turn it into a reset.
      socket.resume();
    }
    setTimeout(() => sockets.forEach((socket) => socket.destroy()), lingerMs).unref();
  }

  return {
    change(next) {
      weather = next;
      if (over) return;
      passOnBreaks();
      if (over) return;
      pipes?.up.change(next.up);
      if (!over) pipes?.down.change(next.down);
      dialWhenHeard();
    },
    reset,
    passedBytes: (way) => pipes?.[way].passedBytes() ?? 0,
  };
}
