/** Starts a topology as local processes and supervises them for as long as this process lives. */
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { accessLogFile } from '../topology/exporter-config.ts';
import { plan } from '../topology/plan.ts';
import type { Plan } from '../topology/plan.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { takeFolderLock } from './folder-lock.ts';
import type { LockAttempt } from './folder-lock.ts';
import { healFolder } from './heal-folder.ts';
import type { Healed } from './heal-folder.ts';
import { removePidFile } from './launch.ts';
import { removePrivateFiles } from './private-files.ts';
import { commandOf, selfIdentity } from './process-identity.ts';
import { interrupted, runService } from './run-service.ts';
import type { ServiceRunner } from './run-service.ts';
import type { RunningSystem } from './running-system.ts';
import { createSampler } from './sampler.ts';
import { rotateLog, serviceLog, trimLog } from './service-log.ts';
import { surveySite } from './site.ts';
import type { SiteWishes } from './site.ts';
import { cannotKeepState, makeStateFolder, stateFolder } from './state-folder.ts';
import { removeSystemState, writeSystemState } from './system-state.ts';
import type { ServiceRecord, SystemState } from './system-state.ts';

/** A service changed: `name`, the new state, and why or with which pid. */
export type ServiceEvent = {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
};

export type StartOptions = SiteWishes & {
  readonly onService?: (event: ServiceEvent) => void;
  /** A run starts it for itself, and writes a report before it stops it. */
  readonly ofRun?: boolean;
  /** What a killed rtops had left and was ended first. */
  readonly onHealed?: (healed: readonly Healed[]) => void;
  /** Gives the start up: what was started is stopped, and 105 is thrown. */
  readonly signal?: AbortSignal;
  /** Every process is killed at once, in whatever phase: a second Ctrl-C. */
  readonly killSignal?: AbortSignal;
  /** How long one service may take to become ready; 30 s. */
  readonly readyTimeoutMs?: number;
};

/** A system whose supervisor is this process. */
export type StartedSystem = RunningSystem & {
  /** SIGKILL to every process, at once and without waiting: for a second Ctrl-C. */
  kill(): void;
  /**
   * Resolves when the state folder or the lock in it was removed: nobody could find the system any
   * more, so it is stopped. Never resolves otherwise.
   */
  readonly orphaned: Promise<void>;
};

/**
 * Resolves when every service is ready. Throws a `Failure`: 120 when the folder has a system
 * already, a binary is missing, a port is taken, or a service does not start (then nothing is left
 * running); 105 when `signal` fired.
 */
export async function startSystem(
  world: World,
  topology: Topology,
  options: StartOptions = {},
): Promise<StartedSystem> {
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  const lock = takeFolderLock(folder.lockFile);
  if (lock.kind === 'busy') throw alreadyUp(lock.holder.pid);
  try {
    const healed = await healFolder(world, folder);
    if (healed.length > 0) options.onHealed?.(healed);
    const site = await surveySite(world, folder, topology, options);
    const planned = plan(topology, site);
    rotateLog(join(folder.dir, accessLogFile));
    const running = supervise(world, planned, site.secret, { ...options, lock });
    options.killSignal?.addEventListener('abort', () => running.kill(), { once: true });
    await running.start(options.signal ?? new AbortController().signal);
    return running.system();
  } catch (error) {
    lock.release();
    throw isOfFiles(error) ? cannotKeepState(folder, error) : error;
  }
}

const writingCalls: ReadonlySet<unknown> = new Set(['open', 'write', 'mkdir', 'rename', 'symlink']);

/** A file that could not be written: a full disk, somebody else's folder. */
function isOfFiles(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && writingCalls.has(error.syscall);
}

type HeldLock = Extract<LockAttempt, { kind: 'held' }>;

function supervise(
  world: World,
  planned: Plan,
  secret: string,
  { lock, ...options }: StartOptions & { readonly lock: HeldLock },
) {
  const folder = stateFolder(world.cwd);
  const url = `http://${planned.entry.host}:${planned.entry.port}`;
  const supervisor = selfIdentity();
  const startedAtMs = world.clock.now();
  let phase: SystemState['phase'] = 'starting';

  const save = () => {
    // The folder may have been removed, and be another's by now: its records are theirs.
    if (!lock.stillHeld()) return;
    writeSystemState(folder, {
      schemaVersion: 1,
      phase,
      startedAtMs,
      supervisor,
      ...(options.ofRun === true ? { ofRun: true } : {}),
      topology: planned.topology,
      url,
      secret,
      services: runners.map((runner) => runner.record()),
    });
  };
  const trySave = () => {
    try {
      save();
    } catch (error) {
      // A full disk must not bring the services down; the pid files still name them.
      options.onService?.({ name: 'state.json', state: 'not written', detail: String(error) });
    }
  };
  const runners: readonly ServiceRunner[] = planned.services.map((service) =>
    runService(service, {
      world,
      folder,
      readyTimeoutMs: options.readyTimeoutMs ?? 30_000,
      changed: ({ name, state }: ServiceRecord, detail) => {
        trySave();
        options.onService?.({ name, state, detail });
      },
    }),
  );

  async function stop(): Promise<void> {
    phase = 'stopping';
    // Before the first service has ended: `down` waits longer for a run that is not so far yet.
    trySave();
    // Who depends on a service stops before it.
    const stopped = new Map<string, Promise<void>>();
    for (const runner of runners.toReversed()) {
      const { name } = runner.service;
      const dependants = runners.filter(({ service }) => service.dependsOn.includes(name));
      stopped.set(
        name,
        Promise.all(dependants.map(({ service }) => stopped.get(service.name))).then(() =>
          runner.stop(),
        ),
      );
    }
    await Promise.all(stopped.values());
    if (!lock.stillHeld()) return;
    for (const { service } of runners) removePidFile(folder, service.name);
    removePrivateFiles(folder);
    removeSystemState(folder);
  }

  const kill = () => {
    for (const runner of runners) runner.kill();
  };

  return {
    kill,
    async start(signal: AbortSignal): Promise<void> {
      save();
      try {
        await startInOrder(runners, signal);
        phase = 'ready';
        save();
      } catch (error) {
        await stop();
        throw error;
      }
    },
    system(): StartedSystem {
      const sampler = createSampler(world);
      const over = new AbortController();
      let stopping: Promise<void> | undefined;
      const end = () => {
        over.abort();
        return (stopping ??= stop().finally(lock.release));
      };
      return {
        orphaned: untilOrphaned(world, lock, over.signal, () => {
          for (const { service } of runners) trimLog(serviceLog(folder.logsDir, service.name));
          trimLog(join(folder.dir, accessLogFile));
        }).then(end),
        topology: planned.topology,
        url,
        secret,
        logsDir: folder.logsDir,
        stateDir: folder.dir,
        services: () => Promise.resolve(runners.map((runner) => runner.record())),
        sample: () => sampler(runners.map((runner) => runner.record())),
        kill,
        [Symbol.asyncDispose]: end,
      };
    },
  };
}

const lookAtLockEveryMs = 1000;
const trimLogsEvery = 60;

/** Looks after the folder meanwhile. Never resolves once `over` fired. */
async function untilOrphaned(
  world: World,
  lock: HeldLock,
  over: AbortSignal,
  trimLogs: () => void,
): Promise<void> {
  for (let look = 1; lock.stillHeld(); look += 1) {
    try {
      if (look % trimLogsEvery === 0) trimLogs();
    } catch {
      // A log that went meanwhile, say: the next look may have more luck.
    }
    await world.clock.sleep(lookAtLockEveryMs, over).catch(() => undefined);
    if (over.aborted) await new Promise(() => {});
  }
}

/** Each service as soon as those it depends on are ready; the first that fails ends the others. */
async function startInOrder(runners: readonly ServiceRunner[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const started = new Map<string, Promise<void>>();
  for (const runner of runners) {
    const { name, dependsOn } = runner.service;
    started.set(
      name,
      Promise.all(dependsOn.map((needed) => started.get(needed))).then(async () => {
        if (either.aborted) throw interrupted();
        await runner.start(either);
      }),
    );
  }
  try {
    await Promise.all(started.values());
  } catch (error) {
    failed.abort();
    await Promise.allSettled(started.values());
    throw error;
  }
}

function alreadyUp(pid: number): Failure {
  return new Failure(exitCode.notReady, 'a system is already up in this folder', {
    why: `pid ${pid} (${commandOf(pid)}) supervises it`,
    next: 'rtops ps, or rtops down',
  });
}
