import type { ChatSocket } from './chat-socket.ts';

/** How long a client may take to answer the closing of its WebSocket. */
const closeGraceMs = 1000;

/**
 * Cuts the TCP connection some time after this one was closed, if it is still there: a mute peer
 * never answers the close frame, and ws alone would wait 30 s for it.
 */
export function cutIfMute({ conn }: ChatSocket): void {
  // The WebSocket under a transport is not in engine.io's public types.
  const transport = conn.transport as unknown as { readonly socket?: { terminate?(): void } };
  conn.once('close', () => {
    setTimeout(() => transport.socket?.terminate?.(), closeGraceMs).unref();
  });
}
