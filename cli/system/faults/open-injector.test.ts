import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../../exit-code.ts';
import { parseFault } from '../../scenario/parse-fault.ts';
import { single } from '../../topology/testing/topologies.ts';
import { monotonicMs } from '../monotonic-ms.ts';
import { selfIdentity, statFields } from '../process-identity.ts';
import { failureOf } from '../testing/failure-of.ts';
import { waitUntil } from '../testing/wait-until.ts';
import { releaseHold, takeHold } from './holds.ts';
import { openFaults } from './journal.ts';
import { answers } from './target.ts';
import { heldServices } from './testing/held-services.ts';
import { small, smallSystem, standIn } from './testing/small-system.ts';

describe('what may not be done is refused before anything happens', () => {
  test('a service or an edge that is not there', async () => {
    const { injector, inject, system } = await smallSystem();
    for (const [text, why] of [
      ['kill@ws-9,at=0s', /no service that rtops started.*did you mean "ws-1"/],
      ['kill@postgres,at=0s', /expected redis, api-1, ws-1, nginx/],
      ['latency@nginx-ws-1,at=0s,delay=1s', /without it/],
    ] as const) {
      const failure = await failureOf(injector.check(parseFault(text)));
      expect(failure.code).toBe(exitCode.usage);
      expect(failure.why).toMatch(why);
      await failureOf(inject(text));
    }
    expect(openFaults(system.stateDir)).toEqual([]);
  });

  test('block is refused where the server does not offer it', async () => {
    const { inject } = await smallSystem(single);
    const failure = await failureOf(inject('block@server-1,at=0s,for=1s'));
    expect(failure.code).toBe(exitCode.usage);
    expect(failure.next).toContain('server.faults=true');
  });

  test('a second fault on a service that one holds down', async () => {
    const { inject, service } = await smallSystem();
    const first = await inject('kill@ws-1,at=0s,for=10s');
    await waitUntil(() => service('ws-1').state === 'held');
    const failure = await failureOf(inject('pause@ws-1,at=0s,for=1s'));
    expect(failure.why).toBe('kill@ws-1,at=0s,for=10s is still there, and ws-1 is down meanwhile');
    await first.undo();
  });

  test('a second one whose undo would undo the first, unless that one is just going', async () => {
    const { inject, system } = await smallSystem();
    const first = await inject('pause@ws-1,at=0s,for=10s');
    const failure = await failureOf(inject('pause@ws-1,at=0s,for=1s'));
    expect(failure.why).toContain('undoing the one would undo the other');
    expect(openFaults(system.stateDir)).toHaveLength(1);
    const waits = inject('pause@ws-1,at=0s,for=1s');
    await first.undo();
    const second = await waits;
    expect(second.effective).toBe(true);
    await second.undo();
    expect(openFaults(system.stateDir)).toEqual([]);
  });

  test.each([
    ['kill@ws-1,at=0s', 'no'],
    ['term@ws-1,at=0s', 'on-failure'],
  ] as const)('%s with the policy `%s` would never be put right', async (text, policy) => {
    const topology = { ...small, restart: { ...small.restart, policy } };
    const { injector } = await smallSystem(topology);
    const failure = await failureOf(injector.check(parseFault(text)));
    expect(failure.why).toContain('would leave ws-1 down for good');
    await injector.check(parseFault(`${text},for=1s`));
  });

  test('with the policy `no` a held service is started again all the same', async () => {
    const topology = { ...small, restart: { ...small.restart, policy: 'no' as const } };
    const { inject, service } = await smallSystem(topology);
    const fault = await inject('kill@ws-1,at=0s,for=1s');
    await fault.undo();
    expect(service('ws-1').state).toBe('ready');
  });
});

test('after a second Ctrl-C nobody waits for a node that is not back, and the effect is undone all the same', async () => {
  const { inject, injector, pid, service, system } = await smallSystem();
  const fault = await inject('pause@ws-1,at=0s,for=60s');
  // Somebody else holds it down, and for longer.
  const hold = { holder: selfIdentity(), sinceMs: Date.now(), why: 'an other fault' };
  takeHold(system.stateDir, 'ws-1', hold);
  process.kill(pid('ws-1'), 'SIGKILL');
  await waitUntil(() => service('ws-1').state === 'held');
  const undone = fault.undo();
  injector.waitNoLonger();
  // No time: nobody saw it ready.
  expect(await undone).toBeNull();
  expect(service('ws-1').state).toBe('held');
  expect(openFaults(system.stateDir)).toEqual([]);
  releaseHold(system.stateDir, 'ws-1');
});

test('nor for a node behind an edge, and then there is no time of its return either', async () => {
  const chaotic = { ...small, chaos: true };
  const { inject, injector, pid, service } = await smallSystem(chaotic);
  const fault = await inject('latency@nginx-ws-1,at=0s,for=60s,delay=20ms');
  // It hangs, and nobody has noticed.
  process.kill(pid('ws-1'), 'SIGSTOP');
  onTestFinished(() => void process.kill(pid('ws-1'), 'SIGCONT'));
  const undone = fault.undo();
  injector.waitNoLonger();
  expect(await undone).toBeNull();
  expect(service('ws-1').state).toBe('ready');
});

test('disposing never throws: what cannot be undone keeps nothing else from it', async () => {
  const { inject, injector, pid, system } = await smallSystem();
  await inject('pause@ws-1,at=0s,for=60s');
  await inject('bad-config@nginx,at=0s,for=60s');
  const conf = join(system.stateDir, 'conf', 'nginx.conf');
  rmSync(conf);
  mkdirSync(conf);
  await injector[Symbol.asyncDispose]();
  expect(statFields(pid('ws-1'))?.[0]).not.toBe('T');
  expect(openFaults(system.stateDir).map(({ fault }) => fault)).toEqual([
    'bad-config@nginx,at=0s,for=60s',
  ]);
  rmdirSync(conf);
});

test('disposing undoes all that is there, whatever depends on what', async () => {
  const { inject, injector, service, system } = await smallSystem();
  await inject('kill@redis,at=0s,for=60s');
  await inject('kill@ws-1,at=0s,for=60s');
  await inject('pause@api-1,at=0s,for=60s');
  expect(heldServices(system.stateDir).toSorted()).toEqual(['redis', 'ws-1']);
  await injector[Symbol.asyncDispose]();
  for (const name of ['redis', 'ws-1', 'api-1']) {
    expect(service(name).state).toBe('ready');
    expect(await answers(service(name))).toBe(true);
  }
  expect(heldServices(system.stateDir)).toEqual([]);
  expect(openFaults(system.stateDir)).toEqual([]);
});

test('when a fault was there goes by the clock of the history, whoever puts the wall clock right', async () => {
  let looks = 0;
  const stepping = {
    now: () => Date.now() + (looks++ % 2 === 0 ? -1 : 1) * 3_600_000,
    monotonicNs: () => process.hrtime.bigint(),
    sleep: (ms: number, signal?: AbortSignal) =>
      sleepFor(ms, undefined, signal === undefined ? {} : { signal }),
  };
  const chaotic = { ...small, chaos: true };
  const { inject, world } = await smallSystem(
    chaotic,
    { serverArgv: [standIn] },
    { clock: stepping },
  );
  const texts = ['pause@ws-1,at=0s,for=60s', 'latency@nginx-api-1,at=0s,for=60s,delay=20ms'];
  for (const text of texts) {
    const beforeMs = monotonicMs(world);
    const fault = await inject(text);
    const thereMs = monotonicMs(world);
    expect(fault.atMs, text).toBeGreaterThanOrEqual(beforeMs);
    expect(fault.atMs, text).toBeLessThanOrEqual(thereMs);
    const undoneMs = await fault.undo();
    expect(undoneMs, text).toBeGreaterThanOrEqual(thereMs);
    expect(undoneMs, text).toBeLessThanOrEqual(monotonicMs(world));
  }
});
