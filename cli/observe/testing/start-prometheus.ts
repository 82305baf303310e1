/** A real Prometheus in a temporary folder, for tests. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';

import { binaryFinder } from '../../system/find-binary.ts';
import { freePorts } from '../../system/ports.ts';
import { waitUntil } from '../../system/testing/wait-until.ts';

export type TestPrometheus = { readonly url: string } & AsyncDisposable;

/** @param rules text of a rule file; none when empty */
export async function startPrometheus(config: string, rules = ''): Promise<TestPrometheus> {
  const binary = await binaryFinder(process.env)('prometheus');
  if (binary === undefined) throw new Error('no prometheus on PATH; `rtops setup` gets it');
  const dir = await mkdtemp(join(tmpdir(), 'rtops-prometheus-'));
  const file = join(dir, 'prometheus.yml');
  await writeFile(join(dir, 'rules.yml'), rules === '' ? 'groups: []\n' : rules);
  await writeFile(file, `${config}\nrule_files: [${join(dir, 'rules.yml')}]\n`);
  const [port = 0] = await freePorts({ random: Math.random }, '127.0.0.1', 1);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    binary,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await waitUntil(() => isReady(url), 20_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/-/ready`);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
