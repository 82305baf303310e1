/**
 * When clients were without the service, from the history. An outage begins when a client is thrown
 * off, or not let in, and ends when its replay has caught up (`resumed`, `joined`). It is proved by
 * the client's first ack after that: what that ack took, counted from when something was due, is part
 * of the time to be back; waiting until something falls due is not.
 */
import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';

/** Times in µs since run start; -1: it did not come to that. */
export type Outage = {
  readonly user: number;
  /** The first sign: the connection ended, or an attempt failed. */
  readonly fromUs: number;
  /** The last frame it got before; -1 when there was none, or it was never in. */
  readonly silentFromUs: number;
  /** The attempt that succeeded was due. */
  dialUs: number;
  connectedUs: number;
  /** Caught up. */
  resumedUs: number;
  /** Caught up and acked again. */
  backUs: number;
  /** The client gave up: it left before it was back. */
  gaveUpUs: number;
};

export type ClientOutages = {
  /** Each file in order: a user's records are in time order there. `dueUs`: of an acked message. */
  note(record: HistoryRecord, dueUs: number): void;
  readonly outages: readonly Outage[];
};

type Client = {
  lastFrameUs: number;
  dialUs: number;
  open: Outage | undefined;
  unproved: Outage | undefined;
};

const never = -1;

/** No outage yet. */
export function createClientOutages(): ClientOutages {
  const clients: (Client | undefined)[] = [];
  const outages: Outage[] = [];

  function clientOf(user: number): Client {
    return (clients[user] ??= {
      lastFrameUs: never,
      dialUs: never,
      open: undefined,
      unproved: undefined,
    });
  }

  function begin(client: Client, user: number, atUs: number): void {
    client.unproved = undefined;
    if (client.open !== undefined) {
      client.open.connectedUs = never;
      return;
    }
    client.open = {
      user,
      fromUs: atUs,
      silentFromUs: client.lastFrameUs,
      dialUs: never,
      connectedUs: never,
      resumedUs: never,
      backUs: never,
      gaveUpUs: never,
    };
    outages.push(client.open);
  }

  function leave(client: Client, atUs: number): void {
    if (client.open !== undefined) client.open.gaveUpUs = atUs;
    client.open = undefined;
    client.unproved = undefined;
    client.lastFrameUs = never;
  }

  return {
    outages,
    note({ kind, code, user, atUs }, dueUs) {
      const client = clientOf(user);
      switch (kind) {
        case recordKind.connectDue:
          client.dialUs = atUs;
          break;
        case recordKind.connected:
          if (client.open === undefined) break;
          client.open.dialUs = client.dialUs;
          client.open.connectedUs = atUs;
          break;
        case recordKind.connectFailed:
        case recordKind.joinFailed:
          if (client.open === undefined) begin(client, user, atUs);
          break;
        case recordKind.disconnected:
          if (code === 0) begin(client, user, atUs);
          else leave(client, atUs);
          break;
        case recordKind.left:
          leave(client, atUs);
          break;
        case recordKind.joined:
        case recordKind.resumed:
          client.lastFrameUs = atUs;
          if (client.open === undefined) break;
          client.open.resumedUs = atUs;
          client.open.backUs = atUs;
          client.unproved = client.open;
          client.open = undefined;
          break;
        case recordKind.acked: {
          client.lastFrameUs = atUs;
          const { unproved } = client;
          if (unproved === undefined) break;
          const fromUs = Math.max(unproved.resumedUs, Number.isFinite(dueUs) ? dueUs : atUs);
          unproved.backUs = unproved.resumedUs + Math.max(0, atUs - fromUs);
          client.unproved = undefined;
          break;
        }
        case recordKind.delivered:
          client.lastFrameUs = atUs;
          break;
        default:
      }
    },
  };
}
