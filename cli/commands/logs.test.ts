/** `logs -f` beside those who write, put aside and empty: every line once, and none left out. */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { rotateLog, serviceLog, trimLog } from '../system/service-log.ts';
import { stateFolder } from '../system/state-folder.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { logs } from './logs.ts';

type Following = {
  readonly file: string;
  readonly world: TestWorld;
  /** Resolves when the log was looked at once more, from now on. */
  looked(): Promise<void>;
  /** Ctrl-C; all that was printed. */
  end(): Promise<string>;
};

/** `rtops logs ws-1 -f` on a log that holds this; it has looked once. */
async function following(text: string, service: string | undefined = 'ws-1'): Promise<Following> {
  let looks = 0;
  const world = testWorld();
  const { sleep } = world.clock;
  const clock = {
    ...world.clock,
    sleep: (ms: number, signal?: AbortSignal) => {
      looks += 1;
      return sleep(ms, signal);
    },
  };
  const { logsDir } = stateFolder(world.cwd);
  mkdirSync(logsDir, { recursive: true });
  const file = serviceLog(logsDir, 'ws-1');
  writeFileSync(file, text);
  const ended = logs({ ...world, clock }, { service, follow: true });
  onTestFinished(() => world.interrupt());
  const looked = async () => {
    const before = looks;
    // One look may have been under way.
    await waitUntil(() => looks > before + 1);
  };
  await looked();
  return {
    ...{ file, world, looked },
    end: async () => {
      world.interrupt();
      expect(await ended).toBe(exitCode.pass);
      return world.printed.stdout;
    },
  };
}

describe('a line is printed once, and whole', () => {
  test('that was half written when it began', async () => {
    const { file, looked, end } = await following('one\ntw');
    appendFileSync(file, 'o\n');
    await looked();
    expect(await end()).toBe('one\ntwo\n');
  });

  test('that is written in the middle of a letter', async () => {
    const { file, looked, end } = await following('');
    const bytes = Buffer.from('연결\n');
    appendFileSync(file, bytes.subarray(0, 2));
    await looked();
    appendFileSync(file, bytes.subarray(2));
    await looked();
    expect(await end()).toBe('연결\n');
  });

  test('when the log cannot be opened for a moment', async () => {
    const { file, looked, end } = await following('one\ntwo\n');
    renameSync(file, `${file}.elsewhere`);
    await looked();
    renameSync(`${file}.elsewhere`, file);
    appendFileSync(file, 'three\n');
    await looked();
    expect(await end()).toBe('one\ntwo\nthree\n');
  });

  test('that nobody finished, at the end', async () => {
    const { file, looked, end } = await following('one\n');
    appendFileSync(file, 'tw');
    await looked();
    expect(await end()).toBe('one\ntw\n');
  });
});

describe('no line is left out', () => {
  test.each([
    { next: 'little is written', after: 'three\n' },
    { next: 'it grows past where it was', after: 'three\n'.repeat(50) },
  ])('when the log is emptied before they were looked at, and $next', async ({ after }) => {
    const { file, looked, end } = await following('one\n');
    appendFileSync(file, 'two\n');
    trimLog(file, 1);
    appendFileSync(file, after);
    await looked();
    await looked();
    expect(await end()).toBe(`one\ntwo\n${after}`);
  });

  test('when the log is put aside by the next start', async () => {
    const { file, looked, end } = await following(`${'x'.repeat(9 * 1024 * 1024)}\none\n`);
    appendFileSync(file, 'two\n');
    rotateLog(file);
    appendFileSync(file, 'three\n');
    await looked();
    await looked();
    expect(await end()).toBe('one\ntwo\nthree\n');
  });

  test('but where there is no copy of them, which is told', async () => {
    const { file, world, looked, end } = await following('one\n');
    writeFileSync(file, 'new\n');
    await looked();
    await looked();
    expect(await end()).toBe('one\nnew\n');
    expect(world.printed.stderr).toMatch(/^rtops: the log of ws-1 was emptied/);
    expect(world.printed.stderr.match(/emptied/g)).toHaveLength(1);
  });
});

test('beside a writer that never rests: numbers follow each other, whenever one begins', async () => {
  const first = await following('');
  const code = `const fd = fs.openSync(${JSON.stringify(first.file)}, 'a');
    for (let n = 1; n <= 60000; n += 1) fs.writeSync(fd, n + '\\n');`;
  const writer = spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  const wrote = new Promise<void>((resolve) => writer.once('exit', () => resolve()));
  onTestFinished(async () => {
    writer.kill('SIGKILL');
    await wrote;
  });
  const others: { readonly world: TestWorld; readonly ended: Promise<unknown> }[] = [];
  await waitUntil(() => {
    const printed = { stdout: '', stderr: '' };
    const stdout = { ...first.world.stdout, write: (text: string) => (printed.stdout += text) };
    const world = { ...first.world, stdout, printed };
    others.push({ world, ended: logs(world, { service: 'ws-1', follow: true }) });
    return others.length === 30 || writer.exitCode !== null;
  });
  await wrote;
  await first.looked();
  await first.looked();
  expect(gaps(await first.end())).toEqual([]);
  for (const { world, ended } of others) {
    await ended;
    expect(gaps(world.printed.stdout)).toEqual([]);
  }
});

/** Neighbours that do not follow each other. */
function gaps(printed: string): readonly string[] {
  const numbers = printed.trim().split('\n').map(Number);
  return numbers.flatMap((n, at) =>
    at > 0 && n !== (numbers[at - 1] ?? 0) + 1 ? [`${numbers[at - 1]} → ${n}`] : [],
  );
}
