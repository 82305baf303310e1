/** One load at a time on what is up in a folder: bench, failover-test and sticky-test alike. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { takeFolderLock } from '../system/folder-lock.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { World } from '../world.ts';

/** Gives it back when disposed. Throws 120 when another living rtops has it. */
export function takeLoadLock(world: World): Disposable {
  const lock = takeFolderLock(stateFolder(world.cwd).benchLockFile);
  if (lock.kind === 'held') return { [Symbol.dispose]: lock.release };
  throw new Failure(exitCode.notReady, 'another rtops is loading what is up in this folder', {
    why: `pid ${lock.holder.pid} is at it: each would be in the other's figures`,
    next: 'wait for it to end; or run this one in another folder, where it starts a system of its own',
  });
}

/** The same where `url` is what is up in this folder; somebody else's system has no lock of ours. */
export function takeLoadLockOf(
  world: World,
  url: string,
  up: RunningSystem | undefined,
): Disposable {
  const isOurs = up !== undefined && new URL(up.url).origin === new URL(url).origin;
  return isOurs ? takeLoadLock(world) : { [Symbol.dispose]: () => undefined };
}
