/** What a `sticky-test` was asked to do: everything that can be wrong in it is found before a start. */
import { exitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import type { Topology, WsBalance } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { readTopology } from './documents.ts';
import { allowedUrl } from './probe-url.ts';

/** The options of `sticky-test` as commander gives them. */
export type StickyTestOptions = {
  readonly topology?: string;
  readonly mode?: string;
  readonly sessions: number;
  readonly nat: boolean;
  /** `--no-cookies`: clients that send none back. */
  readonly cookies: boolean;
  /** `--no-node-loss`: no node is killed. */
  readonly nodeLoss: boolean;
  readonly url?: string;
  readonly allowHost?: string;
  readonly set: readonly string[];
  readonly json: boolean;
};

export type StickyModePlan = {
  /** The balance, but `none` for round robin. */
  readonly mode: string;
  readonly balance: WsBalance;
  /** Clients that open WebSockets alone, and need no stickiness. */
  readonly socketOnly: boolean;
  readonly role: 'subject' | 'control';
};

export type StickyRequest = Pick<
  StickyTestOptions,
  'sessions' | 'nat' | 'cookies' | 'nodeLoss' | 'json'
> & {
  readonly target:
    | { readonly kind: 'url'; readonly url: string }
    | {
        readonly kind: 'topology';
        readonly topology: Topology;
        readonly modes: readonly StickyModePlan[];
        /** `--mode all`: a mode that cannot be had here is told and left out. */
        readonly skipImpossible: boolean;
      };
};

const modeNames = [
  'none',
  'ip_hash',
  'hash',
  'cookie',
  'sid',
  'native',
  'websocket',
  'all',
] as const;
const control: StickyModePlan = {
  ...{ mode: 'none', balance: 'round_robin', role: 'control' },
  socketOnly: false,
};
const subjects: readonly StickyModePlan[] = [
  ...(['ip_hash', 'hash', 'cookie', 'sid', 'native'] as const).map((mode): StickyModePlan => ({
    mode,
    balance: mode,
    role: 'subject',
    socketOnly: false,
  })),
  { mode: 'websocket', balance: 'least_conn', role: 'subject', socketOnly: true },
];

/** Three nodes: with two, half of the strays would find home by luck. The API plays no part. */
const ownSettings = ['ws.count=3', 'api.count=1'];

/** Throws a usage (2) or file (104) failure. */
export async function readStickyRequest(
  world: World,
  options: StickyTestOptions,
): Promise<StickyRequest> {
  if (options.sessions < 1 || options.sessions > 10_000) {
    throw new Failure(
      exitCode.usage,
      `--sessions ${options.sessions} is not a number from 1 to 10000`,
    );
  }
  return {
    sessions: options.sessions,
    nat: options.nat,
    cookies: options.cookies,
    nodeLoss: options.nodeLoss,
    json: options.json,
    target: await readTarget(world, options),
  };
}

async function readTarget(
  world: World,
  options: StickyTestOptions,
): Promise<StickyRequest['target']> {
  const { url, mode, allowHost } = options;
  if (mode !== undefined && !modeNames.some((name) => name === mode)) throw unknownMode(mode);
  if (url !== undefined) {
    if (mode !== undefined || options.topology !== undefined || options.set.length > 0) {
      throw new Failure(exitCode.usage, '--url and a mode or a topology cannot both be tested', {
        why: '--url names a system that rtops did not start: how it balances is its own',
        next: `rtops sticky-test --url ${url}`,
      });
    }
    return { kind: 'url', url: allowedUrl(url, allowHost, 'sticky-test') };
  }
  if (allowHost !== undefined) {
    throw new Failure(exitCode.usage, '--allow-host says nothing without --url');
  }
  const settings =
    options.topology === undefined ? [...ownSettings, ...options.set] : [...options.set];
  const topology = await readTopology(world, options.topology ?? 'scaled', settings, []);
  if (topology.proxy === null || topology.ws === null) {
    throw new Failure(exitCode.usage, `${topology.name} has nothing that could be sticky`, {
      why: 'a proxy in front of WS nodes is what holds sessions, or does not',
      next: 'rtops sticky-test --topology scaled',
    });
  }
  return {
    kind: 'topology',
    topology,
    modes: modesOf(mode, topology.proxy.ws.balance),
    skipImpossible: mode === 'all',
  };
}

/** No mode: what the topology says, beside the control. */
function modesOf(mode: string | undefined, own: WsBalance): readonly StickyModePlan[] {
  if (mode === 'all') return [control, ...subjects];
  if (mode === 'none' || (mode === undefined && own === 'round_robin')) {
    return [{ ...control, role: 'subject' }];
  }
  if (mode === undefined)
    return [control, { mode: own, balance: own, role: 'subject', socketOnly: false }];
  return subjects.filter((one) => one.mode === mode);
}

function unknownMode(mode: string): Failure {
  const near = nearestName(mode, modeNames);
  return new Failure(exitCode.usage, `--mode ${mode} is not a mode`, {
    why: `expected ${modeNames.join(', ')}`,
    ...(near === undefined ? {} : { next: `rtops sticky-test --mode ${near}` }),
  });
}
