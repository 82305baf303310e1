import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import { selfIdentity, statFields } from '../process-identity.ts';
import { signalGroup } from '../signals.ts';
import { onFullDisk } from '../testing/full-disk.ts';
import { sleeper } from '../testing/sleeper.ts';
import type { Sleeper } from '../testing/sleeper.ts';
import { testWorld } from '../testing/test-world.ts';
import { waitUntil } from '../testing/wait-until.ts';
import { heldBy, oweStart, takeHold, takeOwedStart } from './holds.ts';
import { clearJournal, markUndone, openFaults, recordFault, undoOpenFaults } from './journal.ts';
import { heldServices } from './testing/held-services.ts';

const dead = { pid: 2 ** 22 - 1, startTime: '1' };

function stateDir(): string {
  const dir = join(testWorld().cwd, '.rtops');
  mkdirSync(dir, { recursive: true });
  return dir;
}

function pausedSleeper(dir: string): Sleeper {
  const one = sleeper(dir);
  signalGroup(one.pid, 'SIGSTOP');
  return one;
}

describe('holds', () => {
  test('a hold is there until it is released, and releasing it twice is harmless', () => {
    const dir = stateDir();
    expect(heldBy(dir, 'ws-1')).toBeUndefined();
    const hold = { holder: selfIdentity(), sinceMs: 5, why: 'kill@ws-1' };
    takeHold(dir, 'ws-1', hold);
    expect(heldBy(dir, 'ws-1')).toEqual(hold);
    expect(heldBy(dir, 'ws-2')).toBeUndefined();
    expect(heldServices(dir)).toEqual(['ws-1']);
  });

  test('a hold of a dead holder, or one that cannot be read, does not count', () => {
    const dir = stateDir();
    takeHold(dir, 'ws-1', { holder: dead, sinceMs: 5, why: 'kill@ws-1' });
    const file = join(dir, 'holds', 'ws-1');
    expect(existsSync(file)).toBe(true);
    expect(heldBy(dir, 'ws-1')).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, '{"holder": 1');
    expect(heldBy(dir, 'ws-1')).toBeUndefined();
  });

  test('a living process with the pid of a dead holder does not hold', () => {
    const dir = stateDir();
    const holder = { ...selfIdentity(), startTime: '1' };
    takeHold(dir, 'ws-1', { holder, sinceMs: 5, why: 'kill@ws-1' });
    expect(heldBy(dir, 'ws-1')).toBeUndefined();
  });
});

describe('a start that is owed', () => {
  const ours = { pid: 4711, startTime: '99' };
  test('is owed for that process alone, and once', () => {
    const dir = stateDir();
    expect(takeOwedStart(dir, 'ws-1', ours)).toBe(false);
    oweStart(dir, 'ws-1', ours);
    expect(takeOwedStart(dir, 'ws-2', ours)).toBe(false);
    expect(heldServices(dir)).toEqual([]);
    expect(takeOwedStart(dir, 'ws-1', ours)).toBe(true);
    expect(takeOwedStart(dir, 'ws-1', ours)).toBe(false);
    oweStart(dir, 'ws-1', ours);
    expect(takeOwedStart(dir, 'ws-1', { ...ours, startTime: '100' })).toBe(false);
  });
});

describe('the journal', () => {
  test('lists what is not marked, and forgets itself only when nothing is left', () => {
    const dir = stateDir();
    const one = recordFault(dir, 1, 'kill@ws-1', [{ kind: 'release', service: 'ws-1' }]);
    const two = recordFault(dir, 2, 'kill@ws-2', []);
    markUndone(dir, one, 3);
    expect(openFaults(dir)).toMatchObject([{ id: two, fault: 'kill@ws-2', atMs: 2 }]);
    clearJournal(dir);
    expect(openFaults(dir)).toHaveLength(1);
    markUndone(dir, two, 4);
    clearJournal(dir);
    expect(existsSync(join(dir, 'faults.jsonl'))).toBe(false);
  });

  test('a line that a crash cut off is left out, and what follows is read', () => {
    const dir = stateDir();
    recordFault(dir, 1, 'kill@ws-1', []);
    appendFileSync(join(dir, 'faults.jsonl'), '{"id":"x","fault":"ki\nnull\n[]\n');
    recordFault(dir, 2, 'kill@ws-2', []);
    expect(openFaults(dir).map(({ fault }) => fault)).toEqual(['kill@ws-1', 'kill@ws-2']);
  });

  test('a line that a crash cut off takes the next one not along', () => {
    const dir = stateDir();
    appendFileSync(join(dir, 'faults.jsonl'), '{"id":"x","fault":"ki');
    const id = recordFault(dir, 2, 'kill@ws-2', []);
    expect(openFaults(dir).map(({ fault }) => fault)).toEqual(['kill@ws-2']);
    markUndone(dir, id, 3);
    expect(openFaults(dir)).toEqual([]);
  });

  test('a fault that cannot be written down whole is an error: nothing may be done without it', async () => {
    const dir = stateDir();
    const journal = fileURLToPath(new URL('journal.ts', import.meta.url));
    const code = `const { recordFault } = await import(${JSON.stringify(journal)});
      recordFault(${JSON.stringify(dir)}, 1, 'x'.repeat(3000), []);`;
    const { code: status, said } = await onFullDisk(dir, ['--input-type=module', '-e', code], 1)
      .ended;
    expect(said).toContain('EFBIG');
    expect(status).toBe(1);
  });

  test('one that cannot be read is not an empty one, and is not thrown away', () => {
    const dir = stateDir();
    const file = join(dir, 'faults.jsonl');
    mkdirSync(file);
    expect(() => openFaults(dir)).toThrow('EISDIR');
    expect(() => clearJournal(dir)).toThrow('EISDIR');
    expect(existsSync(file)).toBe(true);
    rmdirSync(file);
  });

  test('a fault that cannot be undone keeps no other from being undone, and stays listed', async () => {
    const dir = stateDir();
    const [first, last] = [pausedSleeper(dir), pausedSleeper(dir)];
    await waitUntil(() => [first, last].every(({ pid }) => statFields(pid)?.[0] === 'T'));
    recordFault(dir, 1, 'pause@ws-1', [{ kind: 'continue', process: first }]);
    const path = join(dir, 'no-such-folder', 'nginx.conf');
    writeFileSync(join(dir, 'good'), 'good');
    recordFault(dir, 2, 'bad-config@nginx', [
      { kind: 'continue', process: last },
      { kind: 'restore', path, backup: join(dir, 'good') },
    ]);
    await expect(undoOpenFaults(dir, 9, () => true)).rejects.toThrow('ENOENT');
    for (const { pid } of [first, last]) await waitUntil(() => statFields(pid)?.[0] === 'S');
    expect(openFaults(dir).map(({ fault }) => fault)).toEqual(['bad-config@nginx']);
    rmSync(join(dir, 'good'));
  });

  test('on a full disk the guard undoes all of them, though it can mark none', async () => {
    const dir = stateDir();
    const sleepers = [pausedSleeper(dir), pausedSleeper(dir)];
    await waitUntil(() => sleepers.every(({ pid }) => statFields(pid)?.[0] === 'T'));
    for (const one of sleepers) recordFault(dir, 1, 'pause', [{ kind: 'continue', process: one }]);
    const main = fileURLToPath(new URL('guard-main.ts', import.meta.url));
    const { pid, startTime } = selfIdentity();
    const guard = onFullDisk(dir, [main, dir, String(pid), startTime]);
    guard.hangUp();
    expect(await guard.ended).toEqual({ code: 0, said: 'on guard\n' });
    for (const one of sleepers) await waitUntil(() => statFields(one.pid)?.[0] === 'S');
    expect(openFaults(dir)).toHaveLength(2);
  });

  test('a paused process goes on, a file comes back, a hold goes: once, and not for the living', async () => {
    const dir = stateDir();
    const paused = sleeper(dir);
    signalGroup(paused.pid, 'SIGSTOP');
    await waitUntil(() => statFields(paused.pid)?.[0] === 'T');
    const path = join(dir, 'nginx.conf');
    writeFileSync(path, 'broken');
    writeFileSync(`${path}.good`, 'good');
    takeHold(dir, 'ws-1', { holder: selfIdentity(), sinceMs: 1, why: 'x' });
    const text = 'all@once';
    recordFault(dir, 1, text, [
      { kind: 'continue', process: paused },
      { kind: 'restore', path, backup: `${path}.good` },
      { kind: 'release', service: 'ws-1' },
      // Nobody traces it: nothing to do.
      { kind: 'untrace', process: paused },
    ]);
    // We live: it is ours to undo, and nobody else's.
    expect(await undoOpenFaults(dir, 9)).toEqual([]);
    expect(statFields(paused.pid)?.[0]).toBe('T');
    expect(await undoOpenFaults(dir, 9, () => true)).toEqual([text]);
    await waitUntil(() => statFields(paused.pid)?.[0] === 'S');
    expect(readFileSync(path, 'utf8')).toBe('good');
    expect(heldServices(dir)).toEqual([]);
    expect(await undoOpenFaults(dir, 10, () => true)).toEqual([]);
  });

  test('a process that is not the recorded one is not signalled', async () => {
    const dir = stateDir();
    const other = sleeper(dir);
    signalGroup(other.pid, 'SIGSTOP');
    await waitUntil(() => statFields(other.pid)?.[0] === 'T');
    recordFault(dir, 1, 'pause@ws-1', [
      { kind: 'continue', process: { pid: other.pid, startTime: '1' } },
    ]);
    await undoOpenFaults(dir, 2, () => true);
    // A signal to a stopped process shows at once; this gives it time to be wrong.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(statFields(other.pid)?.[0]).toBe('T');
  });
});
