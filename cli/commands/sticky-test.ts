/** `rtops sticky-test`: topology → system → sessions → causes and spread → verdict → report. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { mintAccessToken } from '../load/native/access-token.ts';
import { probeStickiness } from '../load/sticky/probe-stickiness.ts';
import type { StickyProbe } from '../load/sticky/probe-stickiness.ts';
import { anySpeech, chatSpeech } from '../load/sticky/speech.ts';
import type { StickyDocument } from '../report/sticky-document.ts';
import { stickyRemedies } from '../report/sticky-remedy.ts';
import { renderStickyText } from '../report/sticky-text.ts';
import { terminalStyle } from '../screen/terminal.ts';
import { attachSystem } from '../system/attach-system.ts';
import { binaryFinder } from '../system/find-binary.ts';
import { nginxVersion } from '../system/nginx-version.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { startSystem } from '../system/start-system.ts';
import { hasNativeSticky, nativeStickySince } from '../topology/nginx-features.ts';
import type { Topology, WsBalance } from '../topology/topology.ts';
import { judgeSticky } from '../verdict/sticky/judge-sticky.ts';
import { judgeStickyMode } from '../verdict/sticky/judge-sticky-mode.ts';
import type { StickyModeRefused, StickyModeResult } from '../verdict/sticky/sticky-result.ts';
import type { World } from '../world.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import { takeLoadLockOf } from './load-lock.ts';
import { probeUrl } from './probe-url.ts';
import { stickyMoments } from './sticky-moments.ts';
import { readStickyRequest } from './sticky-request.ts';
import type { StickyModePlan, StickyRequest, StickyTestOptions } from './sticky-request.ts';
import { rulesOf } from './sticky-rules.ts';

/** 0 sticky, 99 not, 122 nothing proved; 105 when it was interrupted, which still tells the modes before. */
export async function stickyTest(world: World, options: StickyTestOptions): Promise<ExitCode> {
  using interrupt = listenForInterrupt(world);
  const request = await readStickyRequest(world, options);
  const document =
    request.target.kind === 'url'
      ? await testUrl(world, request, request.target.url, interrupt)
      : await testTopology(world, request, request.target, interrupt);
  if (document === null) return exitCode.interrupted;
  print(world, document, request.json);
  return document.exitCode;
}

async function testTopology(
  world: World,
  request: StickyRequest,
  target: Extract<StickyRequest['target'], { kind: 'topology' }>,
  interrupt: Interrupt,
): Promise<StickyDocument | null> {
  await refuseBesideUp(world);
  const nginx = (await binaryFinder(world.env)('nginx')) ?? null;
  const version = nginx === null ? null : ((await nginxVersion(nginx)) ?? null);
  const modes: (StickyModeResult | StickyModeRefused)[] = [];
  for (const plan of target.modes) {
    const refused = target.skipImpossible ? whyImpossible(plan, version) : undefined;
    if (refused === undefined) {
      const played = await unlessInterrupted(interrupt, () =>
        playMode(world, request, target.topology, plan, interrupt),
      );
      if (played === null) break;
      modes.push(played);
    } else {
      modes.push({ mode: plan.mode, role: 'subject', verdict: 'refused', why: refused });
    }
  }
  if (modes.length === 0) return null;
  const hasControl = target.modes.some(({ role }) => role === 'control');
  const document = documentOf(modes, {
    topology: target.topology.name,
    url: null,
    nginx: version,
    notKnown:
      hasControl || target.modes.some(({ mode }) => mode === 'none')
        ? []
        : ['no control was run: rtops sticky-test without --mode, and --mode all, carry one'],
  });
  return modes.length === target.modes.length ? document : cutShort(document, target.modes.length);
}

/** What was played stands; of the whole, only a fail can be known by then. */
function cutShort(document: StickyDocument, of: number): StickyDocument {
  const { verdict, why, modes } = document;
  const cut = `interrupted after ${modes.length} of ${of} modes`;
  return {
    ...document,
    verdict: verdict === 'fail' ? 'fail' : 'no-data',
    why: verdict === 'fail' ? `${cut}; ${why}` : cut,
    exitCode: exitCode.interrupted,
  };
}

/** `null` when Ctrl-C ended it. What fails beside that is a failure all the same. */
async function unlessInterrupted<T>(
  interrupt: Interrupt,
  act: () => Promise<T>,
): Promise<T | null> {
  if (interrupt.asked) return null;
  try {
    return await act();
  } catch (error) {
    const isOther = error instanceof Failure && error.code !== exitCode.interrupted;
    if (!interrupt.asked || isOther) throw error;
    return null;
  }
}

/** One mode on a system of its own: nothing of the one before is left in nginx or the nodes. */
async function playMode(
  world: World,
  request: StickyRequest,
  topology: Topology,
  plan: StickyModePlan,
  interrupt: Interrupt,
): Promise<StickyModeResult> {
  const giveUp = new AbortController();
  const kill = new AbortController();
  interrupt.onFirst(() => giveUp.abort(new Error('interrupted')));
  interrupt.onSecond(() => kill.abort());
  const nodes = topology.ws?.count ?? 0;
  world.stderr.write(`${plan.mode}: starting ${topology.name} with ${nodes} WS nodes\n`);
  await using system = await startSystem(world, forMode(topology, plan.balance), {
    signal: giveUp.signal,
    killSignal: kill.signal,
  });
  world.stderr.write(`${plan.mode}: ${request.sessions} sessions\n`);
  const rules = rulesOf(plan.balance);
  // Disposed of before the system: a node that is still held down is let go first.
  await using moments =
    rules.sticky && !plan.socketOnly && request.nodeLoss && nodes > 1
      ? await stickyMoments(
          world,
          system,
          (what) => world.stderr.write(`${plan.mode}: ${what}\n`),
          kill.signal,
        )
      : null;
  const pass = await probeStickiness(world, {
    ...(await ownProbe(world, system)),
    sessions: request.sessions,
    nat: request.nat,
    cookies: request.cookies,
    dropCookiesToo: rules.byCookie && request.cookies && nodes > 1,
    socketOnly: plan.socketOnly,
    moments,
    signal: giveUp.signal,
  });
  return judgeStickyMode(pass, {
    mode: plan.mode,
    role: plan.role,
    nodes: (await system.services()).flatMap(({ name, kind }) =>
      kind === 'server' && name.startsWith('ws-') ? [name] : [],
    ),
    ...rules,
  });
}

function forMode(topology: Topology, balance: WsBalance): Topology {
  return {
    ...topology,
    ...(topology.proxy === null ? {} : { proxy: { ...topology.proxy, ws: { balance } } }),
  };
}

/** A system whose secret and addresses are known. */
async function ownProbe(
  world: World,
  system: RunningSystem,
): Promise<Pick<StickyProbe, 'url' | 'speech' | 'nodeOf'>> {
  const names = new Map(
    (await system.services()).map(({ name, host, port }) => [`${host}:${port}`, name]),
  );
  return {
    url: system.url,
    speech: chatSpeech(mintAccessToken(system.secret, 'sticky-test', world.clock.now())),
    nodeOf: (address) => names.get(address) ?? address,
  };
}

async function testUrl(
  world: World,
  request: StickyRequest,
  url: string,
  interrupt: Interrupt,
): Promise<StickyDocument | null> {
  await probeUrl(url);
  const giveUp = new AbortController();
  interrupt.onFirst(() => giveUp.abort(new Error('interrupted')));
  const up = await attachSystem(world);
  const isOurs = up !== undefined && new URL(up.url).origin === url;
  using _lock = takeLoadLockOf(world, url, up);
  const secret = world.env['RTOPS_JWT_SECRET'];
  const foreign = {
    url,
    nodeOf: (address: string) => address,
    speech:
      secret === undefined || secret === ''
        ? anySpeech
        : chatSpeech(mintAccessToken(secret, 'sticky-test', world.clock.now())),
  };
  const probe = isOurs ? await ownProbe(world, up) : foreign;
  const pass = await unlessInterrupted(interrupt, () =>
    probeStickiness(world, {
      ...probe,
      sessions: request.sessions,
      nat: request.nat,
      cookies: request.cookies,
      dropCookiesToo: false,
      moments: null,
      signal: giveUp.signal,
    }),
  );
  if (pass === null) return null;
  const result = judgeStickyMode(pass, {
    mode: 'as-found',
    role: 'subject',
    nodes: null,
    even: false,
    affine: false,
    predictable: false,
    byAddress: false,
  });
  return documentOf([result], {
    topology: null,
    url,
    nginx: null,
    notKnown: [
      'how this system balances and how many nodes it has: only nodes that answered are listed',
      'without a control on this system nobody has shown that it could break here',
      'what happens when a node is lost: rtops kills only what it started',
    ],
  });
}

function documentOf(
  modes: readonly (StickyModeResult | StickyModeRefused)[],
  about: Pick<StickyDocument, 'topology' | 'url' | 'nginx' | 'notKnown'>,
): StickyDocument {
  const played = modes.filter((mode) => mode.verdict !== 'refused');
  return {
    schemaVersion: 1,
    kind: 'sticky-test',
    ...about,
    modes,
    remedies: stickyRemedies(played, about.nginx),
    ...judgeSticky(modes),
  };
}

function whyImpossible({ balance }: StickyModePlan, version: string | null): string | undefined {
  if (balance !== 'native' || (version !== null && hasNativeSticky(version))) return undefined;
  return `needs nginx ${nativeStickySince} or newer, found ${version ?? 'none that tells its version'}; RTOPS_NGINX names another`;
}

async function refuseBesideUp(world: World): Promise<void> {
  const up = await attachSystem(world);
  if (up === undefined) return;
  throw new Failure(exitCode.usage, 'a system is up in this folder', {
    why: 'sticky-test starts a system of its own for each mode, and kills a node of it',
    next: `rtops down, then again; or rtops sticky-test --url ${up.url} for what is up`,
  });
}

function print(world: World, document: StickyDocument, json: boolean): void {
  const out = json ? world.stderr : world.stdout;
  out.write(renderStickyText(document, terminalStyle(world, out)));
  if (json) world.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
