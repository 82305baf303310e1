/** Whether a target takes connections, asked only when there is a reason to doubt it. */
import { connect } from 'node:net';

export type TargetWatch = {
  isUp(): boolean;
  /** A connection to it was refused: it is down until one is taken again. */
  refused(): void;
  /** A connection to it ended: look, but not at every one. */
  suspect(): void;
  close(): void;
};

const askEveryMs = 20;
/** A full backlog answers nothing: that is a stalled target, not one that is down. */
const answerWithinMs = 500;

export function watchTarget(host: string, port: number, changed: () => void): TargetWatch {
  let up = true;
  let asking = false;
  let closed = false;
  let askedAtMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  function ask(): void {
    if (asking || closed) return;
    asking = true;
    askedAtMs = performance.now();
    const socket = connect({ host, port });
    const answered = (isUp: boolean) => {
      if (!asking) return;
      asking = false;
      socket.destroy();
      become(isUp);
    };
    socket.setTimeout(answerWithinMs, () => answered(true));
    socket.once('connect', () => answered(true));
    socket.on('error', (error: NodeJS.ErrnoException) => answered(error.code !== 'ECONNREFUSED'));
  }

  function become(isUp: boolean): void {
    if (closed) return;
    const was = up;
    up = isUp;
    if (!up) askLater();
    if (up !== was) changed();
  }

  function askLater(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      ask();
    }, askEveryMs);
  }

  return {
    isUp: () => up,
    refused: () => become(false),
    suspect() {
      if (performance.now() - askedAtMs >= askEveryMs) ask();
      else askLater();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
