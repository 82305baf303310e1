/** rtops is killed with SIGKILL while faults are there. The system's supervisor is another process. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

import { allPids, commandOf, statFields, tracerOf } from '../process-identity.ts';
import { signalProcess } from '../signals.ts';
import { waitUntil } from '../testing/wait-until.ts';
import { single } from '../../topology/testing/topologies.ts';
import { createEdgeClient, readEdgesConfig } from './edge/edge-client.ts';
import { takeHold } from './holds.ts';
import { openFaults, undoOpenFaults } from './journal.ts';
import { answers } from './target.ts';
import { heldServices } from './testing/held-services.ts';
import { smallSystem } from './testing/small-system.ts';
import type { SmallSystem } from './testing/small-system.ts';
import { pidOf } from '../testing/pid-of.ts';

const standIn = fileURLToPath(new URL('../testing/stand-in-server.ts', import.meta.url));
const entry = fileURLToPath(new URL('testing/fault-and-wait.ts', import.meta.url));

/** Another rtops in the same folder; resolves when its faults are there. */
async function otherRtops({ world }: SmallSystem, ...argv: string[]) {
  const child = spawn(process.execPath, [entry, ...argv], {
    cwd: world.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (said += data.toString()));
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await waitUntil(() => said.includes('injected') || (child.exitCode !== null && said));
  if (!said.includes('injected')) throw new Error(said);
  return { pid: pidOf(child), child, ended, said: () => said };
}

/** The guards of that folder. */
const guardsOf = ({ system }: SmallSystem) =>
  allPids().filter((pid) => commandOf(pid).includes(`guard-main.ts ${system.stateDir} `));

/** Guards but the one of the test's own injector. */
const otherGuards = (small: SmallSystem) =>
  guardsOf(small).filter((pid) => !commandOf(pid).includes(`.rtops ${process.pid} `));

const faults = [
  'pause@ws-1,at=0s,for=60s',
  'kill@api-1,at=0s,for=60s',
  'bad-config@nginx,at=0s,for=60s',
  'slow-fsync@redis,at=0s,for=60s,delay=100ms',
];

describe('kill -9 of rtops in the middle of its faults', () => {
  test('the guard undoes them all, and ends', async () => {
    const small = await smallSystem();
    const conf = join(small.system.stateDir, 'conf', 'nginx.conf');
    const good = readFileSync(conf, 'utf8');
    const ws = small.pid('ws-1');
    const rtops = await otherRtops(small, ...faults);
    expect(statFields(ws)?.[0]).toBe('T');
    expect(heldServices(small.system.stateDir)).toEqual(['api-1']);
    expect(readFileSync(conf, 'utf8')).not.toBe(good);
    expect(tracerOf(small.pid('redis'))).toBeDefined();
    expect(otherGuards(small)).toHaveLength(1);

    rtops.child.kill('SIGKILL');
    await rtops.ended;
    await waitUntil(() => otherGuards(small).length === 0);
    expect(statFields(ws)?.[0]).not.toBe('T');
    expect(heldServices(small.system.stateDir)).toEqual([]);
    expect(readFileSync(conf, 'utf8')).toBe(good);
    await waitUntil(() => tracerOf(small.pid('redis')) === undefined);
    expect(openFaults(small.system.stateDir)).toEqual([]);
    await waitUntil(() => small.service('api-1').state === 'ready');
    for (const name of ['ws-1', 'redis', 'api-1', 'nginx']) {
      expect(await answers(small.service(name))).toBe(true);
    }
  });

  test('the guard frees an event loop that is kept busy', async () => {
    const topology = { ...single, server: { ...single.server, faults: true } };
    const small = await smallSystem(topology, {});
    const rtops = await otherRtops(small, 'block@server-1,at=0s,for=60s');
    rtops.child.kill('SIGKILL');
    await waitUntil(() => otherGuards(small).length === 0);
    await waitUntil(() => answers(small.service('server-1')), 5000);
  });

  test('signals to the guard do not move it', async () => {
    const small = await smallSystem();
    const rtops = await otherRtops(small, 'pause@ws-1,at=0s,for=60s');
    const [guard = 0] = otherGuards(small);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signalProcess(guard, signal);
    expect(statFields(small.pid('ws-1'))?.[0]).toBe('T');
    expect(otherGuards(small)).toEqual([guard]);
    rtops.child.kill('SIGKILL');
    await waitUntil(() => otherGuards(small).length === 0);
    expect(statFields(small.pid('ws-1'))?.[0]).not.toBe('T');
  });

  test('without the guard the process stays stopped, and heal undoes it (the negative control)', async () => {
    const small = await smallSystem();
    const { stateDir } = small.system;
    const ws = small.pid('ws-1');
    const rtops = await otherRtops(small, 'pause@ws-1,at=0s,for=60s', 'kill@api-1,at=0s,for=60s');
    for (const guard of otherGuards(small)) signalProcess(guard, 'SIGKILL');
    await waitUntil(() => otherGuards(small).length === 0);
    // Its holder lives: nobody else touches it.
    expect(await undoOpenFaults(stateDir, Date.now())).toEqual([]);
    rtops.child.kill('SIGKILL');
    await rtops.ended;
    // A hold is looked at by the supervisor itself: an orphaned one is void without any guard.
    await waitUntil(() => small.service('api-1').state === 'ready');
    expect(statFields(ws)?.[0]).toBe('T');
    expect(await undoOpenFaults(stateDir, Date.now())).toEqual([
      'kill@api-1,at=0s,for=60s',
      'pause@ws-1,at=0s,for=60s',
    ]);
    await waitUntil(() => statFields(ws)?.[0] !== 'T');
    expect(await undoOpenFaults(stateDir, Date.now())).toEqual([]);
  });

  test('a clean end undoes everything and takes its guard along', async () => {
    const small = await smallSystem();
    const rtops = await otherRtops(small, ...faults, '--undo');
    await rtops.ended;
    expect(rtops.said()).toContain('undone');
    expect(otherGuards(small)).toEqual([]);
    expect(openFaults(small.system.stateDir)).toEqual([]);
    expect(small.service('api-1').state).toBe('ready');
  });
});

describe('a fault on an edge', () => {
  const fault = 'blackhole@client-server-1,at=0s,for=60s';
  const toxicsOf = async ({ system }: SmallSystem) =>
    (await createEdgeClient(readEdgesConfig(system.stateDir)).edges()).flatMap(
      ({ toxics }) => toxics,
    );
  const onEdges = () =>
    smallSystem({ ...single, proxy: null, chaos: true }, { serverArgv: [standIn] });

  test('is undone by the guard at once, not only when it lapses', async () => {
    const small = await onEdges();
    const rtops = await otherRtops(small, fault);
    expect(await toxicsOf(small)).toHaveLength(1);
    const killedAtMs = Date.now();
    rtops.child.kill('SIGKILL');
    await waitUntil(async () => (await toxicsOf(small)).length === 0);
    // Unrenewed it would live for five seconds from its last renewal, which was under a second ago.
    expect(Date.now() - killedAtMs).toBeLessThan(3500);
    await waitUntil(() => otherGuards(small).length === 0);
    expect(openFaults(small.system.stateDir)).toEqual([]);
  });

  test('is undone by heal at once where the guard was killed as well', async () => {
    const small = await onEdges();
    const rtops = await otherRtops(small, fault);
    for (const guard of otherGuards(small)) signalProcess(guard, 'SIGKILL');
    rtops.child.kill('SIGKILL');
    await rtops.ended;
    expect(await toxicsOf(small)).toHaveLength(1);
    expect(await undoOpenFaults(small.system.stateDir, Date.now())).toEqual([fault]);
    expect(await toxicsOf(small)).toEqual([]);
  });
});

test('a hold is noticed to be gone at once, whoever took it away', async () => {
  const small = await smallSystem();
  const fault = await small.inject('kill@ws-1,at=0s,for=60s');
  await waitUntil(() => small.service('ws-1').state === 'held');
  const releasedAt = Date.now();
  takeHold(small.system.stateDir, 'ws-1', {
    holder: { pid: 2 ** 22 - 1, startTime: '1' },
    sinceMs: 0,
    why: 'nobody',
  });
  await waitUntil(() => small.service('ws-1').pid !== null);
  // Its supervisor looks every 20 ms, we look every 20 ms, and the machine does other things.
  expect(Date.now() - releasedAt).toBeLessThan(500);
  await fault.undo();
});
