/**
 * The wire: everything a client of the reference server may know. The load engine imports this
 * file and nothing else of `server/`; another team's client can be written from it.
 */

/** The Socket.IO namespace of the chat. */
export const chatNamespace = '/chat';

/** Event names as they travel. Client to server carry an ack; server to client do not. */
export const event = {
  join: 'chat:join-room',
  leave: 'chat:leave-room',
  send: 'chat:send-message',
  history: 'chat:history',
  remove: 'chat:delete-message',
  /** Which node serves this connection: what `rtops sticky-test` asks. */
  whoami: 'chat:whoami',
  /** How many connections are in a room, over all nodes. */
  presence: 'chat:presence',
  /** A message of a room, to every member, the sender included. */
  message: 'chat:message',
  /** The head of a room's log, once, 5 s after its last message: how a client finds a silent gap. */
  head: 'chat:head',
  /** The replay asked for in the handshake is complete. */
  resumed: 'chat:resumed',
  /** An ADMIN removed a message. */
  removed: 'chat:removed',
  /** The node is going down; the connection will be closed so that the client reconnects. */
  draining: 'server:draining',
} as const;

/** What a client sends in Socket.IO's handshake `auth`. */
export type HandshakeAuth = {
  readonly token: string;
  /** Present when a client comes back: rooms with the last seq it has seen, and under which epoch. */
  readonly resume?: { readonly epoch: string; readonly rooms: Readonly<Record<string, number>> };
};

/** Why a request was not done. `UNAVAILABLE` is indeterminate: the message may have been stored. */
export type RefusalCode =
  | 'BAD_REQUEST'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE';

/** The negative ack of every event. */
export type Refusal = {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly message: string;
  readonly retryAfterMs?: number;
};

export type JoinRequest = { readonly room: string };
/** `seq` is the head of the room's log at the join: messages above it are the member's. */
export type JoinAck = { readonly ok: true; readonly seq: number; readonly epoch: string } | Refusal;

export type LeaveRequest = { readonly room: string };
/**
 * `seq`, under `epoch`: the head of the room as this node had shown it when the member left. Every
 * message of the membership up to it was sent to this connection before the ack, none above it was.
 * Absent where that is not known: who leaves was no member, or the path `adapter`, which keeps no order.
 */
export type LeaveAck =
  | { readonly ok: true; readonly seq?: number; readonly epoch?: string }
  | Refusal;

/** `id` is made by the client and stays the same over retries: room + user + id is stored once. */
export type SendRequest = { readonly id: string; readonly room: string; readonly body: string };
/** `at` is the server's wall clock in ms since 1970. The ack follows the store, never precedes it. */
export type SendAck = { readonly ok: true; readonly seq: number; readonly at: number } | Refusal;

/** One message of a room, as broadcast and as replayed. `seq` counts from 1 without holes per room. */
export type ChatMessage = {
  readonly room: string;
  readonly seq: number;
  readonly id: string;
  readonly sender: string;
  readonly body: string;
  /** The server's wall clock in ms since 1970, set when stored. */
  readonly at: number;
};

export type HistoryRequest = {
  readonly room: string;
  /** Messages with a seq above this one. */
  readonly after: number;
  /** At most this many (the server caps it at {@link historyLimit}). */
  readonly limit: number;
};
export type HistoryAck =
  | {
      readonly ok: true;
      readonly epoch: string;
      readonly messages: readonly ChatMessage[];
      /** The newest seq of the room. */
      readonly head: number;
    }
  | Refusal;
/** The most messages one `chat:history` returns. */
export const historyLimit = 1000;

export type PresenceRequest = { readonly room: string };
/** Connections in the room, over all nodes; the other nodes' share is up to 1 s old. */
export type PresenceAck = { readonly ok: true; readonly members: number } | Refusal;

export type RemoveRequest = { readonly room: string; readonly seq: number };
export type RemoveAck = { readonly ok: true } | Refusal;

/** `chat:whoami` takes nothing; `node` is the name in the `x-node` header. */
export type WhoamiAck = { readonly ok: true; readonly node: string };

export type Head = { readonly room: string; readonly seq: number; readonly epoch: string };

/** `resync: true` says the log no longer reaches back (or the epoch changed): refetch the room. */
export type Resumed = {
  readonly epoch: string;
  readonly rooms: Readonly<Record<string, { readonly seq: number; readonly resync?: true }>>;
};

export type Draining = { readonly retryInMs: number };

/** Claims of the JWTs (HS256). Access tokens live 15 min, refresh tokens 7 d. */
export const token = {
  issuer: 'rtops',
  audience: 'rtops-chat',
  accessTtlSec: 15 * 60,
  refreshTtlSec: 7 * 24 * 3600,
} as const;
export type Role = 'USER' | 'ADMIN';
export type TokenClaims = {
  readonly sub: string;
  readonly role: Role;
  readonly typ: 'access' | 'refresh';
};

/** What register and login take: a name of `A-Z a-z 0-9 _ . @ -`, a password of 8 to 256. */
export type Credentials = { readonly username: string; readonly password: string };
/**
 * What register (201), login and refresh answer. Refresh takes `{refreshToken}`, once each; one that
 * comes a second time ends its sign-in, with the tokens that followed from it.
 */
export type TokenPair = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSec: number;
};

/** HTTP paths of the reference server. */
export const path = {
  socketIo: '/socket.io/',
  health: '/health',
  live: '/api/v1/health/live',
  ready: '/api/v1/health/ready',
  register: '/api/v1/auth/register',
  login: '/api/v1/auth/login',
  refresh: '/api/v1/auth/refresh',
  rooms: '/api/v1/rooms',
  presence: '/api/v1/presence',
  metrics: '/metrics',
} as const;

/** Response headers: which node answered (server), which upstream nginx chose (proxy). */
export const header = {
  node: 'x-node',
  upstream: 'x-upstream',
  requestId: 'x-request-id',
} as const;
