/** What a probe says above Engine.IO, so that something comes back. */
import { chatNamespace, event } from '../../../server/contract.ts';

export type Speech = {
  /** The frame that connects. */
  readonly connect: string;
  /** Whether a packet answers {@link connect}: in, or the reason why not. */
  connected(packet: string): 'yes' | { readonly refused: string } | undefined;
  /** The frame of question `n`. */
  ask(n: number): string;
  /** The answer to question `n`, with the node that the application itself names. */
  answered(packet: string, n: number): { readonly node: string | null } | undefined;
};

/** The chat of the reference server: signed in, and each question answered with the node's name. */
export function chatSpeech(token: string): Speech {
  return {
    connect: `40${chatNamespace},${JSON.stringify({ token })}`,
    connected(packet) {
      if (packet.startsWith(`40${chatNamespace},`)) return 'yes';
      if (packet.startsWith(`44${chatNamespace},`)) {
        return { refused: packet.slice(3 + chatNamespace.length) };
      }
      return undefined;
    },
    ask: (n) => `42${chatNamespace},${n}["${event.whoami}"]`,
    answered(packet, n) {
      const start = `43${chatNamespace},${n}[`;
      return packet.startsWith(start)
        ? { node: nodeIn(packet.slice(start.length - 1)) }
        : undefined;
    },
  };
}

/**
 * Any Socket.IO server. It is asked for a namespace that it does not have: the refusal is an answer
 * that every server gives, without a user, an event or a room of its own. The application's name
 * for its node stays unknown.
 */
export const anySpeech: Speech = {
  connect: '40',
  connected: (packet) => (/^4[04](\{|$)/.test(packet) ? 'yes' : undefined),
  ask: (n) => `40/rtops-sticky-${n},`,
  answered: (packet, n) =>
    new RegExp(`^4[04]/rtops-sticky-${n},`).test(packet) ? { node: null } : undefined,
};

function nodeIn(json: string): string | null {
  try {
    const [ack] = JSON.parse(json) as readonly unknown[];
    const { node } = (ack ?? {}) as { readonly node?: unknown };
    return typeof node === 'string' ? node : null;
  } catch {
    return null;
  }
}
