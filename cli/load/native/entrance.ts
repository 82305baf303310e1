/** How a worker's users get in: from where they dial, with which token, over which client. */
import { userName } from '../../samples/history.ts';
import { mintAccessToken } from './access-token.ts';
import type { Channel, ChannelListener, Dial } from './channel.ts';
import type * as ClientModule from './client-channel.ts';
import { createCookieJar, type CookieJar } from '../cookie-jar.ts';
import type { Resume, UserKind } from './desk.ts';
import { leanChannel } from './lean-channel.ts';
import { pollingTransport } from './polling-transport.ts';
import { rawWebSocketTransport } from './raw-web-socket.ts';
import { sourceAddress } from './source-address.ts';
import { webSocketTransport } from './transport.ts';
import type { Credentials } from './worker-messages.ts';

export class Entrance {
  readonly url: URL;
  readonly #clients: typeof ClientModule | undefined;
  /** Of those that came by long polling; the others send none. */
  readonly #cookies = new Map<number, CookieJar>();
  #credentials: Credentials;
  #requestToken = '';
  #requestTokenUntilUs = -Infinity;

  /** `clients` is wanted only where a user is of the kind `client`. */
  constructor(url: string, credentials: Credentials, clients: typeof ClientModule | undefined) {
    this.url = new URL(url);
    this.#credentials = credentials;
    this.#clients = clients;
  }

  renew(credentials: Credentials): void {
    this.#credentials = credentials;
  }

  /** An access token of a user. */
  token(user: number): string {
    const credentials = this.#credentials;
    switch (credentials.kind) {
      case 'secret':
        return mintAccessToken(credentials.secret, userName(user), Date.now());
      case 'tokens':
        return credentials.tokens[user % credentials.tokens.length] ?? '';
    }
  }

  /** A token for requests beside the chat, at most a minute old. */
  requestToken(nowUs: number): string {
    if (nowUs > this.#requestTokenUntilUs) {
      this.#requestToken = this.token(0);
      this.#requestTokenUntilUs = nowUs + 60_000_000;
    }
    return this.#requestToken;
  }

  /** Dials at once. */
  dial(
    user: number,
    kind: UserKind,
    resume: Resume | undefined,
    listener: ChannelListener,
    nowUs: number,
  ): Channel {
    const dial: Dial = {
      url: this.url,
      localAddress: sourceAddress(this.url, user),
      auth: handshake(this.token(user), resume),
      cookies: kind === 'polling' ? this.#cookiesOf(user) : noCookies,
    };
    switch (kind) {
      case 'lean': {
        const isTls = dial.url.protocol === 'https:';
        return leanChannel(
          dial,
          listener,
          nowUs,
          isTls ? webSocketTransport : rawWebSocketTransport,
        );
      }
      case 'polling':
        return leanChannel(dial, listener, nowUs, pollingTransport);
      case 'client':
        if (this.#clients === undefined) throw new Error('socket.io-client was not loaded');
        return this.#clients.clientChannel(dial, listener);
    }
  }

  #cookiesOf(user: number): CookieJar {
    const known = this.#cookies.get(user);
    if (known !== undefined) return known;
    const made = createCookieJar(true);
    this.#cookies.set(user, made);
    return made;
  }
}

const noCookies = createCookieJar(false);

function handshake(token: string, resume: Resume | undefined): string {
  if (resume === undefined) return JSON.stringify({ token });
  const { epoch, room, lastSeq } = resume;
  return JSON.stringify({ token, resume: { epoch, rooms: { [room]: lastSeq } } });
}
