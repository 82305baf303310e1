/** rtops is killed at some moment; afterwards nothing may be left. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';

import { statFields } from '../system/process-identity.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { newShell } from './testing/shell.ts';

// Each command is a process; on a machine that does other things as well they take their time.
vi.setConfig({ testTimeout: 120_000 });

describe('rtops is killed', () => {
  test('the supervisor of up -d: heal leaves nothing, and the next up starts clean', async () => {
    const shell = newShell();
    await shell.run('up', '-d');
    const state = JSON.parse(readFileSync(join(shell.dir, '.rtops', 'state.json'), 'utf8')) as {
      supervisor: { pid: number };
    };
    process.kill(state.supervisor.pid, 'SIGKILL');
    const ps = await waitUntil(async () => {
      const now = await shell.run('ps');
      return now.stdout.startsWith('nothing is up') && now;
    });
    expect(ps.stderr).toContain('rtops heal');
    expect(shell.left().length).toBeGreaterThan(5);
    expect((await shell.run('heal')).stdout).toContain('healed: 8 ended');
    expect(shell.left()).toEqual([]);
    expect((await shell.run('heal')).stdout).toBe('nothing to heal\n');
  });

  test.each(['redis +starting', 'api-2 +starting', 'nginx +starting'])(
    'an attached up at the moment of: %s',
    async (moment) => {
      const shell = newShell();
      const up = shell.start('up');
      await waitUntil(() => new RegExp(moment).test(up.said()));
      process.kill(up.pid, 'SIGKILL');
      await up.ended;
      await shell.run('heal');
      expect(shell.left()).toEqual([]);
    },
  );

  test('and its guard as well, in the middle of a fault: heal undoes it, whoever supervises', async () => {
    const shell = newShell();
    await shell.run('up', '-d', 'single');
    const { services } = JSON.parse(
      readFileSync(join(shell.dir, '.rtops', 'state.json'), 'utf8'),
    ) as { services: [{ pid: number; startTime: string }] };
    const [{ pid, startTime }] = services;
    // What a failover-test that is no more had written before it stopped the server.
    const fault = 'pause@server-1,at=1s,for=60s';
    const undo = [{ kind: 'continue', process: { pid, startTime } }];
    const holder = { pid: 2 ** 22 - 1, startTime: '1' };
    writeFileSync(
      join(shell.dir, '.rtops', 'faults.jsonl'),
      `${JSON.stringify({ id: '1', atMs: 1, fault, holder, undo })}\n`,
    );
    process.kill(pid, 'SIGSTOP');
    await waitUntil(() => statFields(pid)?.[0] === 'T');
    const healed = await shell.run('heal');
    expect(healed.stdout).toContain(`undid the fault ${fault}\nthe rest is well: pid `);
    await waitUntil(() => statFields(pid)?.[0] !== 'T');
    expect((await shell.run('heal')).stdout).toContain('nothing to heal: pid ');
  });

  test('the next up heals by itself and says so', async () => {
    const shell = newShell();
    const up = shell.start('up', 'single');
    await waitUntil(() => up.said().includes('single is up'));
    process.kill(up.pid, 'SIGKILL');
    await up.ended;
    const next = await shell.run('up', '-d', 'single');
    expect(next.code).toBe(0);
    expect(readFileSync(join(shell.dir, '.rtops/logs/supervisor.log'), 'utf8')).toContain(
      'healed: ended server-1',
    );
    expect(shell.left()).toHaveLength(1);
  });
});
