/** Signals to processes and groups; that the target is gone, or never was, is no error. */

/** What is told where a process, or what stands of it, is another user's. */
export const asItsUser = 'rtops heal, as the user who started it';

/** Signals one process. `false`: it is gone, or takes no signal of this user's. */
export function signalProcess(pid: number | null, signal: NodeJS.Signals): boolean {
  // 0 would reach our own group.
  return pid !== null && pid > 1 && send(pid, signal);
}

/** Signals every process of the group that `pid` leads. `false`: none is there, or takes signals of this user's. */
export function signalGroup(pid: number | null, signal: NodeJS.Signals): boolean {
  // 0 and 1 would reach our own group, and everything.
  return pid !== null && pid > 1 && send(-pid, signal);
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    // EPERM: macOS says so of a group that is all zombies.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return false;
  }
}
