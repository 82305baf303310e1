/** A wire of limited rate that the connections of an edge share, turn by turn. */

/** One who waits for the wire. */
export type WireUser = {
  /**
   * Sends up to so many bytes and says how many it sent; `undefined` when it has nothing that could
   * be sent now and leaves the queue.
   */
  take(maxBytes: number): number | undefined;
};

export type Wire = {
  /** Waits in the queue; harmless when it does already. */
  join(user: WireUser): void;
  leave(user: WireUser): void;
  /** How often somebody had to wait for it: its rate was felt. */
  starved(): number;
  /** Nobody is served any more. */
  close(): void;
};

/** Bytes in one turn: an Ethernet frame's worth, so that a large transfer does not starve a ping. */
const turnBytes = 1460;
/** What an idle wire saves up, in time. */
const burstMs = 20;
const serveEveryMs = 5;

export function createWire(bytesPerSec: number): Wire {
  const waiting = new Set<WireUser>();
  const mostTokens = Math.max(1, (bytesPerSec * burstMs) / 1000);
  let tokens = mostTokens;
  let filledAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let starved = 0;

  function fill(): void {
    const now = performance.now();
    // The cap is for an idle wire: a timer that came late must not lower the rate.
    const earned = ((now - filledAtMs) * bytesPerSec) / 1000;
    tokens = waiting.size > 0 ? tokens + earned : Math.min(mostTokens, tokens + earned);
    filledAtMs = now;
  }

  function serve(): void {
    timer = undefined;
    fill();
    for (const user of waiting) {
      if (tokens < 1) break;
      waiting.delete(user);
      const sent = user.take(Math.min(turnBytes, Math.floor(tokens)));
      if (sent === undefined) continue;
      tokens -= sent;
      // At the end of the queue, where this very loop meets it again.
      waiting.add(user);
    }
    if (waiting.size > 0) {
      starved += 1;
      schedule();
    } else {
      tokens = Math.min(tokens, mostTokens);
    }
  }

  function schedule(): void {
    timer ??= setTimeout(serve, Math.max(serveEveryMs, Math.ceil(1000 / bytesPerSec)));
  }

  return {
    join(user) {
      if (waiting.has(user)) return;
      if (waiting.size === 0) fill();
      waiting.add(user);
      schedule();
    },
    leave: (user) => waiting.delete(user),
    starved: () => starved,
    close() {
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
