/**
 * The promises of the room log, over any interleaving fast-check can think of: sends and retries,
 * nodes that crash between the store and the ack, channels that drop, members that go and resume.
 * Two nodes share the log; real hubs and views, connections that only write down what they get.
 */
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { event, type ChatMessage, type Resumed } from '../contract.ts';
import { memoryLog } from '../log/memory-log.ts';
import { redisLog } from '../log/redis-log.ts';
import type { LogListener, RoomLog } from '../log/room-log.ts';
import { createMetrics } from '../metrics.ts';
import { channelClient, readyWithin, requestClient } from '../redis/clients.ts';
import { patience } from '../redis/patience.ts';
import { pulse } from '../redis/pulse.ts';
import { startRedis } from '../testing/redis.ts';
import type { ChatSocket } from './chat-socket.ts';
import { fanOut } from './fan-out.ts';
import { hub } from './hub.ts';
import type { MessagePath } from './message-path.ts';
import { ackBeforeStore } from './sabotage.ts';
import { createTrace } from '../trace/trace.ts';

const logger = pino({ level: 'silent' });
const metrics = createMetrics(
  { node: 'test', role: 'ws', messagePath: 'log', redisUrl: undefined },
  { redisUp: () => undefined, draining: () => false },
);

/** What two nodes have in common. Each `node()` is a log as one node holds it. */
type Shared = {
  node(): Promise<{ readonly log: RoomLog; close(): Promise<void> }>;
  /** Drops what the channel carries, for a moment. */
  interrupt(): Promise<void>;
};

type Step =
  | { readonly kind: 'send'; readonly user: number; readonly node: number }
  /** The same id again, there or on the other node. */
  | { readonly kind: 'retry'; readonly pick: number; readonly node: number }
  | { readonly kind: 'crash'; readonly node: number }
  | { readonly kind: 'leave'; readonly member: number }
  | { readonly kind: 'resume'; readonly member: number; readonly node: number }
  | { readonly kind: 'interrupt' }
  /** Lets what is under way go on for so many turns of the loop. */
  | { readonly kind: 'turns'; readonly count: number };

const node = fc.nat({ max: 1 });
const member = fc.nat({ max: 2 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), user: member, node }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('retry' as const), pick: fc.nat(), node }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), node }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), member }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume' as const), member, node }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'interrupt' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.nat({ max: 4 }) }),
    },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

type Message = {
  readonly room: string;
  readonly sender: string;
  readonly id: string;
  readonly body: string;
};
type Node = { path: MessagePath; close(): Promise<void>; crashed: boolean };

/** One member over all its connections: what it saw, raw. */
type Member = {
  readonly from: number;
  readonly epoch: string;
  readonly seen: { readonly seq: number; readonly id: string }[];
  socket: (ChatSocket & { connected: boolean }) | undefined;
  at: Node | undefined;
  entering: Promise<void> | undefined;
};

const prefix = `2/chat,["${event.message}",`;

function connection(seen: Member['seen']): ChatSocket & { connected: boolean } {
  const socket = {
    connected: true,
    conn: {
      writeBuffer: [],
      write: (text: string) => {
        if (!socket.connected || !text.startsWith(prefix)) return;
        const { seq, id } = JSON.parse(text.slice(prefix.length, -1)) as ChatMessage;
        seen.push({ seq, id });
      },
      close: () => {},
    },
    emit: (name: string, payload: Resumed) => {
      if (!socket.connected) return;
      // A resync would be a partial replay: within one epoch and an untrimmed log there is none.
      if (name === event.resumed && Object.values(payload.rooms).some((one) => one.resync)) {
        seen.push({ seq: -1, id: 'resync' });
      }
    },
  };
  return socket as unknown as ChatSocket & { connected: boolean };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

let rooms = 0;

/** Plays the steps, lets everything settle, and holds the promises against the log. */
async function play(
  shared: Shared,
  plan: readonly Step[],
  lie?: (log: RoomLog) => RoomLog,
): Promise<void> {
  rooms += 1;
  const room = `room-${rooms}`;
  const start = async (): Promise<Node> => {
    const { log, close } = await shared.node();
    const path = hub({
      log: lie === undefined ? log : lie(log),
      fanOut: fanOut(metrics),
      ...{ logger, trace: createTrace(logger, 1) },
    });
    return {
      path,
      crashed: false,
      close: async () => {
        path.close();
        await close();
      },
    };
  };
  const nodes = [await start(), await start()];
  const reader = await shared.node();
  const old: Node[] = [];
  const pending: Promise<unknown>[] = [];
  const sent: Message[] = [];
  const acked = new Map<string, number>();

  const members: Member[] = await Promise.all(
    [0, 1, 2].map(async (n) => {
      const at = nodes[n % 2] as Node;
      const seen: Member['seen'] = [];
      const socket = connection(seen);
      const { seq, epoch } = await at.path.join(socket, room);
      return { from: seq, epoch, seen, socket, at, entering: undefined };
    }),
  );

  const send = (message: Message, at: Node): void => {
    const go = async (): Promise<void> => {
      try {
        const { seq } = await at.path.send(message);
        // A node that crashed after the store tells nobody.
        if (!at.crashed) acked.set(message.id, seq);
      } catch {
        // Not acked: nothing was promised.
      }
    };
    pending.push(go());
  };
  const leave = (one: Member): void => {
    if (one.socket === undefined) return;
    one.socket.connected = false;
    one.at?.path.leave(one.socket, room);
    one.socket = undefined;
  };
  const resume = (one: Member, at: Node): void => {
    if (one.socket !== undefined) return;
    const socket = connection(one.seen);
    one.socket = socket;
    one.at = at;
    const last = one.seen.at(-1)?.seq ?? one.from;
    one.entering = at.path.resume(socket, one.epoch, new Map([[room, last]])).catch(() => {
      // As in `connection.ts`: half resumed is worse than away.
      socket.connected = false;
      if (one.socket === socket) one.socket = undefined;
    });
    pending.push(one.entering);
  };

  for (const step of plan) {
    switch (step.kind) {
      case 'send': {
        const message = { room, sender: `user-${step.user}`, id: `m${sent.length}`, body: '' };
        sent.push(message);
        send(message, nodes[step.node] as Node);
        break;
      }
      case 'retry': {
        const message = sent[step.pick % Math.max(1, sent.length)];
        if (message !== undefined) send(message, nodes[step.node] as Node);
        break;
      }
      case 'crash': {
        const gone = nodes[step.node] as Node;
        gone.crashed = true;
        for (const one of members) if (one.at === gone) leave(one);
        old.push(gone);
        nodes[step.node] = await start();
        break;
      }
      case 'leave':
        leave(members[step.member] as Member);
        break;
      case 'resume':
        resume(members[step.member] as Member, nodes[step.node] as Node);
        break;
      case 'interrupt':
        await shared.interrupt();
        break;
      case 'turns':
        for (let n = 0; n < step.count; n += 1) await turn();
        break;
      default:
        step satisfies never;
    }
  }

  try {
    await Promise.all(pending);
    const head = (await reader.log.heads([room])).heads[0] ?? 0;
    const until = performance.now() + 8000;
    for (const [n, one] of members.entries()) {
      await one.entering;
      // A refused resume is tried again, as a client does.
      while (one.socket === undefined && performance.now() < until) {
        resume(one, nodes[n % 2] as Node);
        await one.entering;
        await turn();
      }
    }
    const caughtUp = (): boolean => members.every(({ seen }) => (seen.at(-1)?.seq ?? 0) >= head);
    while (!caughtUp() && performance.now() < until) await turn();

    const stored = (await reader.log.read(room, 0, 10_000)).entries.map(
      ({ json }) => JSON.parse(json) as ChatMessage,
    );
    const log = stored.map(({ seq, id }) => ({ seq, id }));
    // Contiguous from 1; every id once; what was acked stands where the ack said.
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, n) => n + 1));
    expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
    for (const [id, seq] of acked) expect(log[seq - 1]).toEqual({ seq, id });
    // Every member saw the log from its join on: each message once, all in one order.
    for (const { from, seen } of members) expect(seen).toEqual(log.slice(from));
  } finally {
    for (const one of [...nodes, ...old]) await one.close();
    await reader.close();
  }
}

/** Several nodes over the one log in memory: what it tells is handed to each that follows. */
function inMemory(): Shared {
  const log = memoryLog(10_000);
  const listeners = new Set<LogListener>();
  let deaf = false;
  const tell = (what: (listener: LogListener) => void): void => {
    if (!deaf) for (const listener of listeners) what(listener);
  };
  log.listen({
    message: (...said) => tell((listener) => listener.message(...said)),
    removed: (...said) => tell((listener) => listener.removed(...said)),
    interrupted: () => tell((listener) => listener.interrupted()),
  });
  return {
    node: async () => {
      let mine: LogListener | undefined;
      // Stores answer after a while, each after its own.
      const slow = async <T>(ask: () => Promise<T>): Promise<T> => {
        await turn();
        const reply = await ask();
        await turn();
        return reply;
      };
      return {
        log: {
          ...log,
          append: (message) => slow(() => log.append(message)),
          heads: (names) => slow(() => log.heads(names)),
          read: (name, after, limit) => slow(() => log.read(name, after, limit)),
          listen: (listener) => {
            mine = listener;
            listeners.add(listener);
          },
        },
        close: async () => {
          if (mine !== undefined) listeners.delete(mine);
        },
      };
    },
    interrupt: async () => {
      deaf = true;
      await turn();
      await turn();
      deaf = false;
      tell((listener) => listener.interrupted());
    },
  };
}

async function inRedis(): Promise<Shared> {
  const redis = await startRedis();
  const control = new Redis(redis.url);
  const requests = requestClient(redis.url, 'requests', logger);
  await readyWithin(requests, 5000);
  const waits = patience(() => {});
  const heart = pulse(requests, waits, 'test');
  onTestFinished(() => {
    heart.close();
    waits.close();
    requests.disconnect();
    control.disconnect();
  });
  return {
    node: async () => {
      const channels = channelClient(redis.url, 'channels', logger);
      await readyWithin(channels, 5000);
      const log = await redisLog({
        requests,
        channels,
        pulse: heart,
        waits,
        keep: 10_000,
        logger,
        arrived: () => {},
      });
      return { log, close: () => log.close() };
    },
    interrupt: async () => {
      await control.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    },
  };
}

/** A busy machine may get through fewer plans in the time, but not through so few that they say nothing. */
const leastShare = 0.2;

async function holds(
  shared: Shared,
  numRuns: number,
  lie?: (log: RoomLog) => RoomLog,
): Promise<void> {
  const result = await fc.check(
    fc.asyncProperty(steps, (plan) => play(shared, plan, lie)),
    { numRuns, interruptAfterTimeLimit: 9000, markInterruptAsFailure: false },
  );
  if (result.failed) throw new Error(await fc.asyncDefaultReportMessage(result));
  expect(result.numRuns).toBeGreaterThanOrEqual(numRuns * leastShare);
}

describe('over any interleaving, acked is stored, seqs have no holes, each id comes once', () => {
  test('in memory', () => holds(inMemory(), 200));

  test('in Redis', async () => holds(await inRedis(), 60));
});

describe('the same check finds', () => {
  const fails = async (lie: (log: RoomLog) => RoomLog): Promise<void> => {
    await expect(holds(inMemory(), 50, lie)).rejects.toThrow('Property failed');
  };

  test('a log that acks before it stores', () => fails(ackBeforeStore));

  test('a log that stores a retry again', () => {
    let tries = 0;
    return fails((log) => ({
      ...log,
      append: (message) => log.append({ ...message, sender: `${message.sender}~${(tries += 1)}` }),
    }));
  });

  test('a channel that brings each message of its own', () =>
    fails((log) => ({
      ...log,
      listen: (listener) =>
        log.listen({
          ...listener,
          message: (room, seq, json) => listener.message(room, seq, json.replace('"m', '"x')),
        }),
    })));
});
