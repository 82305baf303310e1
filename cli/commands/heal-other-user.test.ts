/** A state folder names processes of another user: nobody says that all is clean. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { isAlive, startTimeOf } from '../system/process-identity.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import { makeStateFolder, stateFolder } from '../system/state-folder.ts';
import type { StateFolder } from '../system/state-folder.ts';
import { sleeper } from '../system/testing/sleeper.ts';
import { testWorld } from '../system/testing/test-world.ts';

// Each command is a process; on a machine that does other things as well they take their time.
vi.setConfig({ testTimeout: 120_000 });

const main = join(import.meta.dirname, '..', 'main.ts');
/** `nobody`: no process of these tests is theirs. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

type Ended = { readonly code: number | null; readonly said: string };

/** rtops as `nobody` would run it. */
async function asNobody(cwd: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], {
    ...{ cwd, uid: nobody, gid: nobody, stdio: 'pipe' },
    env: { PATH: process.env['PATH'], HOME: cwd },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (said += data.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { code: await ended, said };
}

/** A folder of `nobody`, in which a process of root's is recorded as `ws-1`. */
function sharedFolder(): {
  readonly folder: StateFolder;
  readonly cwd: string;
  readonly left: ProcessIdentity;
} {
  const { cwd } = testWorld();
  const folder = stateFolder(cwd);
  makeStateFolder(folder);
  for (const dir of [cwd, folder.dir, folder.pidsDir, folder.logsDir])
    chownSync(dir, nobody, nobody);
  chownSync(join(folder.dir, '.gitignore'), nobody, nobody);
  const left = sleeper(folder.dir);
  symlinkSync(`${left.pid} ${left.startTime}`, join(folder.pidsDir, 'ws-1'));
  return { folder, cwd, left };
}

// Only root may start a process as somebody else.
describe.skipIf(!isRoot)(
  'as another user than the one whose processes are left (needs root)',
  () => {
    test('heal names them, ends with 120 and keeps their record; so does up', async () => {
      const { folder, cwd, left } = sharedFolder();
      for (const words of [['heal'], ['up', 'single', '-d'], ['down']]) {
        const { code, said } = await asNobody(cwd, ...words);
        expect(said).toMatch(new RegExp(`\\| ws-1 \\(pid ${left.pid}\\), of user 0$`, 'm'));
        expect(said).toMatch(/next: .*as the user who started /);
        expect(code).toBe(120);
      }
      expect(isAlive(left)).toBe(true);
      expect(existsSync(folder.pidsDir)).toBe(true);
      const doctor = await asNobody(cwd, 'doctor');
      expect(doctor.said).toMatch(new RegExp(`^warn +leftovers +.*another user: ${left.pid}`, 'm'));
    });

    test('and their own are ended all the same', async () => {
      const { folder, cwd, left } = sharedFolder();
      const own = spawn('/bin/sleep', ['60'], { cwd: folder.dir, uid: nobody, gid: nobody });
      const ended = new Promise<string | null>((resolve) =>
        own.once('exit', (_, by) => resolve(by)),
      );
      onTestFinished(() => {
        own.kill('SIGKILL');
      });
      const link = join(folder.pidsDir, 'ws-2');
      symlinkSync(`${own.pid} ${startTimeOf(own.pid ?? 0)}`, link);
      lchownSync(link, nobody, nobody);
      const { code, said } = await asNobody(cwd, 'heal');
      expect(code).toBe(120);
      expect(said).toContain(`ended ws-2 (pid ${own.pid})`);
      expect(await ended).toBe('SIGKILL');
      expect(isAlive(left)).toBe(true);
    });

    test('heal that may not undo a fault says so, and the journal keeps it', async () => {
      const { folder, cwd, left } = sharedFolder();
      const undo = [{ kind: 'continue', process: left }];
      const holder = { pid: 2 ** 22 - 1, startTime: '1' };
      const journal = join(folder.dir, 'faults.jsonl');
      const entry = { id: '1', atMs: 1, fault: 'pause@ws-1', holder, undo };
      writeFileSync(journal, `${JSON.stringify(entry)}\n`);
      chownSync(journal, nobody, nobody);
      const { code, said } = await asNobody(cwd, 'heal');
      expect(said).toContain('a fault of a killed rtops cannot be undone');
      expect(said).toContain(`pid ${left.pid} (/bin/sleep 60) takes no signal from this user`);
      expect(code).toBe(120);
      expect(readFileSync(journal, 'utf8')).not.toContain('undoneAtMs');
    });

    test.each([
      { what: 'state.json', of: (folder: StateFolder) => folder.stateFile },
      { what: 'the journal of faults', of: ({ dir }: StateFolder) => join(dir, 'faults.jsonl') },
    ])('heal that may not read $what says so, and ends nothing by guess', async ({ of }) => {
      const { folder, cwd, left } = sharedFolder();
      writeFileSync(of(folder), '{}', { mode: 0o600 });
      const { code, said } = await asNobody(cwd, 'heal');
      expect(said).toContain(of(folder));
      expect(said).toContain('as the user who started it');
      expect(code).toBe(120);
      expect(isAlive(left)).toBe(true);
    });

    test('ps and doctor where another user is up say whose it is, not that its record is broken', async () => {
      const { folder, cwd, left } = sharedFolder();
      symlinkSync(JSON.stringify(left), folder.lockFile);
      writeFileSync(folder.stateFile, '{}', { mode: 0o600 });
      const { code, said } = await asNobody(cwd, 'ps');
      expect(said).toContain('permission denied');
      expect(said).toContain(`pid ${left.pid} looks after the system`);
      expect(said).toContain('as the user who started it');
      expect(code).toBe(120);
      const doctor = await asNobody(cwd, 'doctor');
      expect(doctor.said).toMatch(/^warn +system .*permission denied/m);
      expect(doctor.said).not.toContain('rtops down, which needs no record');
    });

    test('heal in a folder of somebody else says so', async () => {
      const { cwd, folder } = sharedFolder();
      chownSync(folder.dir, 0, 0);
      chmodSync(folder.dir, 0o755);
      const { code, said } = await asNobody(cwd, 'heal');
      expect(said).toContain('as the user who started it');
      expect(said).not.toContain('internal error');
      expect(code).toBe(120);
    });
  },
);
