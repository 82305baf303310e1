/** `down` from another shell while a run is at it, with real processes: the run ends as by Ctrl-C. */
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { parseReport } from '../report/parse-report.ts';
import type { Report } from '../report/report.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import { makeStateFolder, stateFolder } from '../system/state-folder.ts';
import { readSystemState, writeSystemState } from '../system/system-state.ts';
import { pidOf } from '../system/testing/pid-of.ts';
import { sleeper } from '../system/testing/sleeper.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { single } from '../topology/testing/topologies.ts';
import { down } from './down.ts';
import { newShell } from './testing/shell.ts';
import type { Shell } from './testing/shell.ts';

// Each command is a process; on a machine that does other things as well they take their time.
vi.setConfig({ testTimeout: 120_000 });

const minutes = ['--stage', '1s:20', '--stage', '180s:20'];

/** The newest run, once it is loading. */
async function loading({ dir }: Shell): Promise<string> {
  const { runsDir } = stateFolder(dir);
  return await waitUntil(() => {
    const id = existsSync(runsDir) ? readdirSync(runsDir).toSorted().at(-1) : undefined;
    if (id === undefined) return undefined;
    const events = join(runsDir, id, 'events.jsonl');
    return existsSync(events) && readFileSync(events, 'utf8').includes('"kind":"tick"') && id;
  }, 60_000);
}

function reportOf({ dir }: Shell, id: string): Report {
  const file = join(stateFolder(dir).runsDir, id, 'report.json');
  return parseReport(JSON.parse(readFileSync(file, 'utf8')));
}

/** The services of which the report says that they ended in the run. */
function diedIn({ services }: Report): readonly string[] {
  return services.flatMap(({ name, restarts }) => (restarts > 0 ? [name] : []));
}

describe('a run is under way', () => {
  test('on a system of its own: it is told, its report is there, and nothing is left', async () => {
    const shell = newShell();
    const bench = shell.start('bench', '--topology', 'single', ...minutes);
    const id = await loading(shell);
    const ended = await shell.run('down');
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain(
      `stopping single (1 services)\na run started it for itself: pid ${bench.pid} (`,
    );
    expect(ended.stdout).toContain('rtops down once more: it ends at once\n');
    expect(ended.stdout).toMatch(new RegExp(`\nthe run's report: rtops report ${id}\nstopped\n$`));
    expect((await bench.ended).code).toBe(exitCode.interrupted);
    expect(reportOf(shell, id)).toMatchObject({ run: { partial: true } });
    expect(shell.left()).toEqual([]);
  });

  test('on what is up: it ends before the system does, and nobody was lost', async () => {
    const shell = newShell();
    await shell.run('up', '-d', 'single');
    const bench = shell.start('bench', ...minutes);
    const id = await loading(shell);
    const ended = await shell.run('down');
    expect(ended.stdout).toContain(`a run loads it: pid ${bench.pid} (`);
    expect(ended.stdout).toMatch(new RegExp(`\nthe run's report: rtops report ${id}\nstopped\n$`));
    expect((await bench.ended).code).toBe(exitCode.interrupted);
    expect(reportOf(shell, id)).toMatchObject({ run: { partial: true }, users: { lost: 0 } });
    expect(shell.left()).toEqual([]);
  });

  test('that cannot end soon: a second down ends it at once', async () => {
    const shell = newShell();
    const folder = stateFolder(shell.dir);
    const fault = ['--fault', 'kill@ws-1,at=2s,for=60s'];
    const run = shell.start('failover-test', '--topology', 'split', ...minutes, ...fault);
    const services = await waitUntil(() => {
      const all = readSystemState(folder)?.services ?? [];
      return all.some(({ state }) => state === 'held') && all;
    }, 60_000);
    // Without Redis the node that was killed cannot come back, which the run waits for.
    process.kill(pidOf(services.find(({ name }) => name === 'redis')), 'SIGSTOP');
    const first = shell.start('down');
    await waitUntil(() => first.said().includes('once more: it ends at once'));
    const [id = ''] = readdirSync(folder.runsDir);
    const events = () => readFileSync(join(folder.runsDir, id, 'events.jsonl'), 'utf8');
    // Two signals within half a second are one; it writes a tick a second.
    await waitUntil(
      () =>
        (events()
          .split('"kind":"draining"')[1]
          ?.match(/"tick",/g)?.length ?? 0) > 1,
    );
    const second = await shell.run('down');
    expect(second).toMatchObject({ code: 0 });
    expect(await first.ended).toMatchObject({ code: 0 });
    expect((await run.ended).code).toBe(exitCode.interrupted);
    // It is what would be said had it waited for the node all its time.
    expect(events().includes('did not come back')).toBe(false);
    expect(reportOf(shell, id)).toMatchObject({ run: { partial: true } });
    expect(reportOf(shell, id).notes).toContain(
      "kill@ws-1,at=2s,for=60s was undone, and ws-1 was not seen ready again: it counts as there until the run's end",
    );
    // All were killed at the end, which is no death of theirs; one had been held down before.
    expect(diedIn(reportOf(shell, id))).toEqual(['ws-1']);
    expect(shell.left()).toEqual([]);
  });
});

describe('no run with a report is under way', () => {
  test('who loads what is up, and keeps no run here, is not said to write a report', async () => {
    const world = testWorld();
    const folder = stateFolder(world.cwd);
    makeStateFolder(folder);
    const loading = sleeper(world.cwd);
    symlinkSync(identityOf(loading), folder.benchLockFile);
    expect(await down(world, { volumes: false })).toBe(exitCode.pass);
    expect(world.printed.stdout).toMatch(
      new RegExp(
        `^another rtops loads it: pid ${loading.pid} \\(.*\\) is asked to end as by Ctrl-C, and ends with what it has\nkilled if`,
      ),
    );
  });

  test('a sticky-test that started the system is ended, and no report is promised', async () => {
    const shell = newShell();
    const sticky = shell.start('sticky-test', '--mode', 'cookie', '--sessions', '12');
    await waitUntil(() => sticky.said().includes('12 sessions'), 60_000);
    const { code, stdout } = await shell.run('down');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stopping scaled \(\d+ services\)\nstopped\n$/);
    expect((await sticky.ended).code).toBe(exitCode.interrupted);
    expect(shell.left()).toEqual([]);
  });

  test('what a killed run wrote says nothing of who has the folder now', async () => {
    const world = testWorld();
    const folder = stateFolder(world.cwd);
    makeStateFolder(folder);
    // Alive once, as every pid was; it is another process by now.
    const supervisor = { pid: process.pid, startTime: 'long ago' };
    writeSystemState(folder, {
      ...{ schemaVersion: 1, phase: 'ready', startedAtMs: 0, supervisor, topology: single },
      ...{ ofRun: true, url: 'http://127.0.0.1:1', secret: 's', services: [] },
    });
    // As `rtops up` while it heals.
    symlinkSync(identityOf(sleeper(world.cwd)), folder.lockFile);
    expect(await down(world, { volumes: false })).toBe(exitCode.pass);
    expect(world.printed.stdout).toBe('stopped\n');
  });
});

const identityOf = ({ pid, startTime }: ProcessIdentity) => JSON.stringify({ pid, startTime });
