import { describe, expect, onTestFinished, test } from 'vitest';

import { single } from '../../topology/testing/topologies.ts';
import { monotonicMs } from '../monotonic-ms.ts';
import { groupMembers, statFields } from '../process-identity.ts';
import { testWorld } from '../testing/test-world.ts';
import { waitUntil } from '../testing/wait-until.ts';
import { openFaults } from './journal.ts';
import { answers } from './target.ts';
import { smallSystem } from './testing/small-system.ts';

const stateLetter = (pid: number) => statFields(pid)?.[0];

describe('kill, term and restart', () => {
  test.each(['ws-1', 'redis', 'nginx'])(
    'kill@%s with a time: held down, then started at once; undoing twice is harmless',
    async (name) => {
      const { inject, service, pid, system, events } = await smallSystem();
      const before = pid(name);
      const fault = await inject(`kill@${name},at=0s,for=10s`);
      expect(fault).toMatchObject({ effective: true, evidence: `pid ${before} is gone` });
      expect(groupMembers(before)).toEqual([]);
      await waitUntil(() => service(name).state === 'held');
      // Longer than the restart policy's 100 ms: the supervisor stands back.
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(service(name)).toMatchObject({ state: 'held', pid: null });
      expect(openFaults(system.stateDir).map(({ fault: text }) => text)).toEqual([
        `kill@${name},at=0s,for=10s`,
      ]);

      const readyAt = await fault.undo();
      expect(readyAt).toBeGreaterThan(fault.atMs);
      expect(service(name)).toMatchObject({ state: 'ready', restarts: 1 });
      expect(pid(name)).not.toBe(before);
      expect(await answers(service(name))).toBe(true);
      expect(openFaults(system.stateDir)).toEqual([]);
      expect(await fault.undo()).toBe(readyAt);
      expect(service(name).restarts).toBe(1);
      expect(events.filter((event) => event.name === name).map(({ state }) => state)).toEqual([
        ...['starting', 'ready', 'held', 'starting', 'ready'],
      ]);
    },
  );

  test('kill without a time is left to the restart policy: never held', async () => {
    const { inject, service, events } = await smallSystem();
    const fault = await inject('kill@ws-1,at=0s');
    await fault.undo();
    expect(service('ws-1')).toMatchObject({ state: 'ready', restarts: 1 });
    expect(events.map(({ state }) => state)).not.toContain('held');
    expect(events.map(({ state }) => state)).toContain('restarting');
  });

  test('term lets it end by itself, and holds it down', async () => {
    const { inject, service, events } = await smallSystem();
    const fault = await inject('term@api-1,at=0s,for=10s');
    expect(fault.effective).toBe(true);
    await waitUntil(() => service('api-1').state === 'held');
    expect(events.at(-1)?.detail).toContain('it ended with code 0');
    await fault.undo();
    expect(service('api-1').state).toBe('ready');
  });

  test('term of a server that does not care has not bitten', async () => {
    const lingers = new URL('../testing/stand-in-server.ts', import.meta.url).pathname;
    const { inject, service, system } = await smallSystem(single, {
      serverArgv: [lingers, 'linger'],
    });
    // Or stopping it would take its whole grace.
    onTestFinished(() => system.kill());
    const fault = await inject('term@server-1,at=0s');
    expect(fault.effective).toBe(false);
    expect(fault.evidence).toContain('goes on as if not asked to end');
    await fault.undo();
    expect(service('server-1')).toMatchObject({ state: 'ready', restarts: 0 });
  });

  test.each(['no', 'on-failure'] as const)(
    'term undone while it still drains: started again when it has ended, though the policy is %s',
    async (policy) => {
      const drains = new URL('../testing/stand-in-server.ts', import.meta.url).pathname;
      const topology = { ...single, restart: { ...single.restart, policy } };
      const { inject, service, pid } = await smallSystem(topology, {
        serverArgv: [drains, 'drain'],
      });
      const before = pid('server-1');
      const fault = await inject('term@server-1,at=0s,for=1s');
      expect(fault.evidence).toBe(`pid ${before} takes no more work and drains`);
      await fault.undo();
      expect(service('server-1')).toMatchObject({ state: 'ready', restarts: 1 });
      expect(pid('server-1')).not.toBe(before);
    },
  );

  test('an end that no fault asked for is left to the policy (the negative control)', async () => {
    const drains = new URL('../testing/stand-in-server.ts', import.meta.url).pathname;
    const topology = { ...single, restart: { ...single.restart, policy: 'no' as const } };
    const { service, pid } = await smallSystem(topology, { serverArgv: [drains, 'drain'] });
    process.kill(pid('server-1'), 'SIGTERM');
    await waitUntil(() => service('server-1').state === 'stopped');
  });

  test('restart@redis starts it again as soon as it is undone', async () => {
    const { inject, service, pid } = await smallSystem();
    const before = pid('redis');
    const fault = await inject('restart@redis,at=0s');
    const readyAt = await fault.undo();
    expect(pid('redis')).not.toBe(before);
    expect((readyAt ?? Number.NaN) - fault.atMs).toBeLessThan(5000);
    expect(service('redis').state).toBe('ready');
  });
});

describe('pause and block', () => {
  test.each(['ws-1', 'redis', 'nginx'])('pause@%s stops it, undo lets it go on', async (name) => {
    const { inject, service, pid } = await smallSystem();
    const before = pid(name);
    expect(await answers(service(name))).toBe(true);
    const fault = await inject(`pause@${name},at=0s,for=10s`);
    expect(fault).toMatchObject({ effective: true, evidence: `pid ${before} is stopped` });
    expect(groupMembers(before).map(stateLetter)).toEqual(groupMembers(before).map(() => 'T'));
    const silent = await Promise.race([
      answers(service(name)).then(() => false),
      new Promise((resolve) => setTimeout(resolve, 200, true)),
    ]);
    expect(silent).toBe(true);
    await fault.undo();
    await fault.undo();
    expect(stateLetter(before)).not.toBe('T');
    expect(pid(name)).toBe(before);
    expect(await answers(service(name))).toBe(true);
  });

  test('block keeps the event loop of the real server busy, and undo frees it at once', async () => {
    const topology = { ...single, server: { ...single.server, faults: true } };
    const { inject, service } = await smallSystem(topology, {});
    const fault = await inject('block@server-1,at=0s,for=60s');
    expect(fault).toMatchObject({ effective: true, clientsOnNode: 0 });
    expect(fault.evidence).toContain('did not answer for 100 ms');
    const freeAt = await fault.undo();
    expect((freeAt ?? Number.NaN) - fault.atMs).toBeLessThan(1500);
    expect(await answers(service('server-1'))).toBe(true);
  });

  test('block ends by itself when its time is over, though nobody undoes it', async () => {
    const topology = { ...single, server: { ...single.server, faults: true } };
    const { inject, service } = await smallSystem(topology, {});
    const fault = await inject('block@server-1,at=0s,for=1s');
    await waitUntil(() => answers(service('server-1')));
    expect(monotonicMs(testWorld()) - fault.atMs).toBeGreaterThanOrEqual(950);
  });
});
