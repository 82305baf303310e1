/** Gets packages by the system's own manager, without leaving a service of theirs running. */
import { execa } from 'execa';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Prerequisite } from './prerequisites.ts';

/** What decides how packages can be had. */
export type PackageSite = {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** systemd is running: packages would be started again at boot. */
  readonly systemd: boolean;
  readonly policyFile: string;
  /** Where what is not the system's own is kept. */
  readonly cacheDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly find: (name: string) => Promise<string | undefined>;
};

/** One command: what is shown is what is run. */
export type PackageCommand = readonly [string, ...string[]];

export type InstallPlan =
  /** `mayRun` is false when these need root and this is not root. */
  | {
      readonly kind: 'commands';
      readonly commands: readonly PackageCommand[];
      readonly mayRun: boolean;
      readonly byHand: readonly Prerequisite[];
    }
  | { readonly kind: 'by-hand'; readonly byHand: readonly Prerequisite[] };

/** How the missing ones can be had here. Changes nothing. */
export async function planInstall(
  missing: readonly Prerequisite[],
  site: PackageSite,
): Promise<InstallPlan> {
  if (site.platform === 'linux' && (await site.find('apt-get')) !== undefined) {
    return fromApt(missing, site);
  }
  if ((await site.find('brew')) !== undefined) return fromBrew(missing, site);
  return { kind: 'by-hand', byHand: missing };
}

function fromApt(missing: readonly Prerequisite[], site: PackageSite): InstallPlan {
  const packages = missing.flatMap(({ apt }) => apt ?? []);
  const units = missing.flatMap(({ unit }) => unit ?? []);
  const commands: PackageCommand[] = [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', '--no-install-recommends', ...packages],
  ];
  if (site.systemd && units.length > 0) commands.push(['systemctl', 'disable', '--now', ...units]);
  commands.push(...afterwards(missing, site));
  return withByHand(missing, packages, commands, site.isRoot, ({ apt }) => apt === null);
}

function fromBrew(missing: readonly Prerequisite[], site: PackageSite): InstallPlan {
  const packages = missing.flatMap(({ brew }) => brew ?? []);
  // brew starts no service by itself, and refuses to run as root.
  const commands: PackageCommand[] = [
    ['brew', 'install', ...packages],
    ...afterwards(missing, site),
  ];
  return withByHand(missing, packages, commands, !site.isRoot, ({ brew }) => brew === null);
}

function afterwards(
  missing: readonly Prerequisite[],
  { cacheDir }: PackageSite,
): readonly PackageCommand[] {
  return missing.flatMap(({ after }) => after?.(cacheDir) ?? []);
}

function withByHand(
  missing: readonly Prerequisite[],
  packages: readonly string[],
  commands: readonly PackageCommand[],
  mayRun: boolean,
  isByHand: (prerequisite: Prerequisite) => boolean,
): InstallPlan {
  const byHand = missing.filter(isByHand);
  return packages.length === 0
    ? { kind: 'by-hand', byHand }
    : { kind: 'commands', commands, mayRun, byHand };
}

/**
 * Runs the commands in order. While they run, Debian's packages may not start their services
 * (`policy-rc.d`). Fails with 120 and the last lines of the command that failed.
 */
export async function runInstall(
  commands: readonly PackageCommand[],
  site: PackageSite,
  announce: (command: PackageCommand) => void,
): Promise<void> {
  await using policy = await forbidServiceStarts(site);
  void policy;
  for (const command of commands) {
    announce(command);
    await runCommand(command, site);
  }
}

async function runCommand(command: PackageCommand, site: PackageSite): Promise<void> {
  const [name, ...args] = command;
  const file = (await site.find(name)) ?? name;
  const done = await execa(file, args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    env: {
      ...site.env,
      DEBIAN_FRONTEND: 'noninteractive',
      // Ubuntu's needrestart would ask, or restart services that are not ours.
      NEEDRESTART_SUSPEND: '1',
      LC_ALL: 'C.UTF-8',
    },
    extendEnv: false,
  });
  if (done.exitCode === 0) return;
  throw new Failure(exitCode.notReady, `\`${command.join(' ')}\` failed`, {
    ...(done.exitCode === undefined ? { why: done.shortMessage } : {}),
    evidence: (done.all ?? '').split('\n').filter(Boolean).slice(-15),
    next: `run it by hand and see: ${command.join(' ')}`,
  });
}

const policyMark = '# Written by `rtops setup`';

/**
 * Debian asks this file before a package starts its service; 101 says no. A policy of the
 * machine's owner is left as it is. Should rtops be killed, the file forbids nothing any more.
 */
async function forbidServiceStarts(site: PackageSite): Promise<AsyncDisposable> {
  const nothing: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };
  if (site.platform !== 'linux' || !site.isRoot) return nothing;
  const before = await readFile(site.policyFile, 'utf8').catch(() => undefined);
  if (before !== undefined && !before.includes(policyMark)) return nothing;
  const text = `#!/bin/sh\n${policyMark} while it installs; without that process it forbids nothing.\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`;
  await writeFile(site.policyFile, text);
  await chmod(site.policyFile, 0o755);
  return { [Symbol.asyncDispose]: () => rm(site.policyFile, { force: true }) };
}
