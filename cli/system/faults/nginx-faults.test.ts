import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { parseFault } from '../../scenario/parse-fault.ts';
import { groupMembers, isAlive } from '../process-identity.ts';
import { serviceLog } from '../service-log.ts';
import { sleeper } from '../testing/sleeper.ts';
import { waitUntil } from '../testing/wait-until.ts';
import { undoSteps } from './journal.ts';
import { badConfig, reload, workerKill } from './nginx-faults.ts';
import { smallSystem } from './testing/small-system.ts';
import type { SmallSystem } from './testing/small-system.ts';

const workers = ({ pid }: SmallSystem) =>
  groupMembers(pid('nginx')).filter((one) => one !== pid('nginx'));

async function serves({ system }: SmallSystem): Promise<boolean> {
  return (await fetch(`${system.url}/api/v1/rooms`)).ok;
}

describe('nginx', () => {
  test('reload: other workers serve, the master stays', async () => {
    const small = await smallSystem();
    const before = workers(small);
    const master = small.pid('nginx');
    const fault = await small.inject('reload@nginx,at=0s');
    expect(fault.effective).toBe(true);
    expect(fault.evidence).toMatch(/workers \d+, \d+ → \d+, \d+, which serve/);
    // A stand-in tells 7 connections; the API node has no chat.
    expect(fault.clientsOnNode).toBe(7);
    expect(workers(small).filter((one) => before.includes(one))).toEqual([]);
    expect(await serves(small)).toBe(true);
    await fault.undo();
    await fault.undo();
    expect(small.pid('nginx')).toBe(master);
  });

  test('reload every so often, until it is undone and not after', async () => {
    const small = await smallSystem();
    const fault = await small.inject('reload@nginx,at=0s,every=200ms,for=10s');
    const first = workers(small);
    await waitUntil(() => !workers(small).some((one) => first.includes(one)));
    await waitUntil(() => /^[2-9] of [2-9] reloads took; last: workers/.test(fault.evidence));
    await fault.undo();
    const last = await waitUntil(() => {
      const now = workers(small);
      return now.length === 2 && now;
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(workers(small)).toEqual(last);
  });

  test('worker-kill: one worker is gone, and the master starts another', async () => {
    const small = await smallSystem();
    const before = workers(small);
    const fault = await small.inject('worker-kill@nginx,at=0s');
    expect(fault).toMatchObject({ effective: true });
    expect(fault.evidence).toMatch(/worker \d+ of 2 is gone/);
    await fault.undo();
    const after = workers(small);
    expect(after).toHaveLength(2);
    expect(after.filter((one) => before.includes(one))).toHaveLength(1);
    expect(await serves(small)).toBe(true);
  });

  test('bad-config: the reload is refused, nothing drops, and undo brings the good file back', async () => {
    const small = await smallSystem();
    const conf = join(small.system.stateDir, 'conf', 'nginx.conf');
    const good = readFileSync(conf, 'utf8');
    const before = workers(small);
    const fault = await small.inject('bad-config@nginx,at=0s,for=10s');
    expect(fault.evidence).toContain('reload refused: unknown directive "rtops_fault_bad_config"');
    expect(fault.effective).toBe(true);
    expect(readFileSync(conf, 'utf8')).not.toBe(good);
    expect(readFileSync(serviceLog(small.system.logsDir, 'nginx'), 'utf8')).toContain('[emerg]');
    expect(workers(small)).toEqual(before);
    expect(await serves(small)).toBe(true);
    await fault.undo();
    await fault.undo();
    expect(readFileSync(conf, 'utf8')).toBe(good);
    // The good file is good: it can be loaded again.
    const reload = await small.inject('reload@nginx,at=0s');
    expect(reload.effective).toBe(true);
  });

  test('bad-config: a backup that is there already is the good file, and stays it', async () => {
    const small = await smallSystem();
    const conf = join(small.system.stateDir, 'conf', 'nginx.conf');
    const good = readFileSync(conf, 'utf8');
    // As somebody who broke it before would have left it.
    writeFileSync(`${conf}.good`, good);
    writeFileSync(conf, `broken on;\n${good}`);
    const fault = await small.inject('bad-config@nginx,at=0s,for=10s');
    await fault.undo();
    expect(readFileSync(conf, 'utf8')).toBe(good);
  });

  test.each([
    { kind: 'reload', text: 'reload@nginx,at=0s' },
    { kind: 'bad-config', text: 'bad-config@nginx,at=0s,for=10s' },
    { kind: 'worker-kill', text: 'worker-kill@nginx,at=0s' },
  ] as const)('$kind never signals another process that has the pid by now', async ({ text }) => {
    const { world, system, service } = await smallSystem();
    const stranger = sleeper('/');
    const process = { pid: stranger.pid, startTime: '1' };
    const fault = parseFault(text);
    const effects = { reload, 'bad-config': badConfig, 'worker-kill': workerKill };
    const target = { service: service('nginx'), process };
    const impatient = new AbortController().signal;
    const injection = { world, system, fault, target, impatient };
    const effect = effects[fault.kind as keyof typeof effects](injection);
    const seen = await effect.apply();
    await undoSteps(system.stateDir, effect.undo);
    expect(seen).toEqual({ effective: false, evidence: `nginx (pid ${stranger.pid}) has ended` });
    expect(isAlive(stranger)).toBe(true);
  });

  test('a reload that cannot happen has not bitten: the file is broken', async () => {
    const small = await smallSystem();
    const bad = await small.inject('bad-config@nginx,at=0s,for=10s');
    const reload = await small.inject('reload@nginx,at=0s');
    expect(reload.effective).toBe(false);
    expect(reload.evidence).toContain('the workers are still');
    await bad.undo();
  });
});
