import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { alertmanagerConfig, noReceivers } from '../../prometheus/alertmanager-config.ts';
import type { AlertReceivers } from '../../prometheus/alertmanager-config.ts';
import { exitCode } from '../exit-code.ts';
import { markerKey, selfIdentity } from '../system/process-identity.ts';
import { makeStateFolder, stateFolder } from '../system/state-folder.ts';
import type { StateFolder } from '../system/state-folder.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { scaled } from '../topology/testing/topologies.ts';
import type { World } from '../world.ts';
import { doctor } from './doctor.ts';
import { observerAt, systemIsUp } from './testing/system-up.ts';

describe('doctor', () => {
  test('prints every check, aligned, and returns 0 when nothing is missing', async () => {
    const { world, out } = home();
    expect(await doctor(world, { json: false }, anyProgram)).toBe(exitCode.pass);
    const names = out()
      .split('\n')
      .filter((line) => /^(ok|warn|missing) /.test(line))
      .map((line) => line.slice(9, 36).trim());
    expect(names).toEqual([
      'nginx',
      'redis-server',
      'prometheus',
      'prometheus-alertmanager',
      'prometheus-redis-exporter',
      'prometheus-nginx-exporter',
      'grafana',
      'alert receivers',
      'node',
      'cores',
      'open files',
      'ephemeral ports',
      'somaxconn',
      'free memory',
      'free disk',
      'system',
      'leftovers',
    ]);
  });

  test('returns 120 when a program is missing, and names the next command', async () => {
    const { world, out } = home();
    expect(await doctor(world, { json: false }, noProgram)).toBe(exitCode.notReady);
    expect(out()).toMatch(/^missing {2}nginx +for the proxy .*\n +next: rtops setup$/m);
  });

  test('what only `--observe` needs is a warning: the rest works without', async () => {
    const { world, out } = home();
    const find = async (name: string): Promise<string | undefined> =>
      name.startsWith('prometheus') || name === 'alertmanager' ? undefined : process.execPath;
    expect(await doctor(world, { json: false }, find)).toBe(exitCode.pass);
    expect(out()).toMatch(/^warn {5}prometheus +not here, for .*\n +next: rtops setup$/m);
  });

  test('receivers of alerts are named, and their addresses are not', async () => {
    const { world, out } = home({
      RTOPS_SLACK_WEBHOOK_URL: 'https://hooks.test/hush-hush',
      RTOPS_ALERT_WEBHOOK_URL: 'http://127.0.0.1/hush-hush',
    });
    await doctor(world, { json: false }, anyProgram);
    expect(out()).toMatch(/^ok +alert receivers +slack, webhook$/m);
    const { world: other, out: said } = home({ RTOPS_DISCORD_WEBHOOK_URL: 'hush-hush' });
    await doctor(other, { json: false }, anyProgram);
    expect(said()).toMatch(/^warn +alert receivers +no address in RTOPS_DISCORD_WEBHOOK_URL$/m);
    expect(out() + said()).not.toContain('hush');
  });

  test('receivers of what is up, beside those of the next up: the environment may have changed', async () => {
    const all = { slackWebhookUrl: hush, discordWebhookUrl: hush, webhookUrl: hush };
    const slack = { ...noReceivers, slackWebhookUrl: hush };
    const rows: readonly [AlertReceivers, World['env'], RegExp][] = [
      [
        all,
        {},
        /^ok +alert receivers +slack, discord, webhook of what is up; the next `up` from this shell: none$/m,
      ],
      [slack, { RTOPS_SLACK_WEBHOOK_URL: hush }, /^ok +alert receivers +slack$/m],
      [
        noReceivers,
        { RTOPS_SLACK_WEBHOOK_URL: hush },
        /^warn +alert receivers +none of what is up; the next `up` from this shell: slack\n +next: rtops down, /m,
      ],
    ];
    for (const [receivers, env, said] of rows) {
      const { world, folder, out } = home(env);
      systemIsUp(world, { topology: scaled, services: [observerAt('alertmanager', 9093)] });
      mkdirSync(join(folder.dir, 'conf'));
      writeFileSync(join(folder.dir, 'conf', 'alertmanager.yml'), alertmanagerConfig(receivers));
      await doctor(world, { json: false }, anyProgram);
      expect(out()).toMatch(said);
      expect(out()).not.toContain('hush');
    }
  });

  test.each([
    ['anything', anyProgram, true],
    ['nothing', noProgram, false],
  ])('--json is one document; with %s installed ready is %s', async (_, find, ready) => {
    const { world, out } = home();
    await doctor(world, { json: true }, find);
    expect(JSON.parse(out())).toMatchObject({
      schemaVersion: 1,
      ready,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'nginx' })]),
    });
  });

  test('in an empty folder nothing is up and nothing is left', async () => {
    const { world, out } = home();
    await doctor(world, { json: false }, anyProgram);
    expect(out()).toContain('nothing is up in this folder');
    expect(out()).toMatch(/^ok +leftovers +none$/m);
  });

  test('tells which topology is up, and where', async () => {
    const { world, out } = home();
    systemIsUp(world, { topology: scaled });
    await doctor(world, { json: false }, anyProgram);
    expect(out()).toContain('scaled is up at http://127.0.0.1:4000');
    expect(out()).toMatch(/^ok +leftovers +none$/m);
  });

  test('a supervisor that is gone is a leftover, for heal', async () => {
    const { world, out } = home();
    systemIsUp(world, { supervisor: { ...selfIdentity(), startTime: 'long ago' } });
    expect(await doctor(world, { json: false }, anyProgram)).toBe(exitCode.pass);
    expect(out()).toContain('nothing is up in this folder');
    expect(out()).toMatch(/^warn +leftovers .*supervisor is gone\n +next: rtops heal$/m);
  });

  test('finds a process that a killed rtops left, by the mark of the folder', async () => {
    const { world, folder, out } = home();
    makeStateFolder(folder);
    const child = spawn('sleep', ['60'], {
      cwd: folder.dir,
      env: { ...process.env, [markerKey]: folder.dir },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await doctor(world, { json: false }, anyProgram);
    expect(out()).toContain(`processes of a killed rtops: ${child.pid}`);
  });
});

const hush = 'https://hooks.test/hush-hush';
const anyProgram = async (): Promise<string | undefined> => process.execPath;
const noProgram = async (): Promise<string | undefined> => undefined;

function home(env: World['env'] = {}): { world: World; folder: StateFolder; out: () => string } {
  const world = testWorld({ env: { ...process.env, ...env } });
  return { world, folder: stateFolder(world.cwd), out: () => world.printed.stdout };
}
