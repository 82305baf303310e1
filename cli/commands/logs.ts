/** `rtops logs`: what the services wrote. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { followLogs } from '../system/follow-logs.ts';
import { followFromEnd } from '../system/log-follower.ts';
import type { LogFollower } from '../system/log-follower.ts';
import { lastLines, loggedServices, serviceLog } from '../system/service-log.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { World } from '../world.ts';
import { listenForInterrupt } from './interrupt.ts';

export type LogsOptions = {
  /** One service, printed as it wrote; all of them with a prefix otherwise. */
  readonly service: string | undefined;
  readonly follow: boolean;
};

const tailLines = 200;

/** Prints the last lines of each log; with `follow` what is added until Ctrl-C, which is 0. */
export async function logs(world: World, { service, follow }: LogsOptions): Promise<ExitCode> {
  const { logsDir } = stateFolder(world.cwd);
  const known = loggedServices(logsDir);
  if (service !== undefined && !known.includes(service)) throw unknown(service, known);
  if (known.length === 0 && !follow) {
    world.stdout.write('no logs in this folder yet. Next: rtops up -d\n');
    return exitCode.pass;
  }
  const wanted = service === undefined ? known : [service];
  const print = (name: string, line: string) =>
    world.stdout.write(service === undefined ? `${name.padEnd(14)} | ${line}\n` : `${line}\n`);
  if (!follow) {
    for (const name of wanted) {
      for (const line of lastLines(serviceLog(logsDir, name), tailLines)) print(name, line);
    }
    return exitCode.pass;
  }
  using interrupt = listenForInterrupt(world);
  const stop = new AbortController();
  interrupt.onFirst(() => stop.abort());
  const followers = new Map<string, LogFollower>();
  for (const name of wanted) {
    const { lines, follower } = followFromEnd(serviceLog(logsDir, name), tailLines);
    followers.set(name, follower);
    for (const line of lines) print(name, line);
  }
  await followLogs(world, {
    ...{ logsDir, followers, print, signal: stop.signal },
    names: service === undefined ? () => loggedServices(logsDir) : () => [service],
    warn: (name) => {
      world.stderr.write(
        `rtops: the log of ${name} was emptied, and there is no whole copy of it: lines may be missing here\n`,
      );
    },
  });
  return exitCode.pass;
}

function unknown(service: string, known: readonly string[]): Failure {
  return new Failure(exitCode.usage, `there is no log of ${service} in this folder`, {
    why: known.length === 0 ? 'nothing was started here yet' : `there are: ${known.join(', ')}`,
    next: known.length === 0 ? 'rtops up -d' : 'rtops logs <one of them>',
  });
}
