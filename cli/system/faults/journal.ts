/**
 * `.rtops/faults.jsonl`: every fault is written here with the way to undo it before it is done, and
 * marked when it was undone. Whoever comes later (the guard, `heal`, the next `up`) can undo what a
 * killed rtops left. Undoing is idempotent.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import { commandOf, isAlive, placeOf, selfIdentity, tracerOf } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import { asItsUser, signalGroup, signalProcess } from '../signals.ts';
import { stateFolder } from '../state-folder.ts';
import { readSystemState } from '../system-state.ts';
import { releaseHold } from './holds.ts';

/** One thing to put right. Each does nothing when it is right already. */
export type UndoStep =
  /** Removes the hold, so that the supervisor starts the service again. */
  | { readonly kind: 'release'; readonly service: string }
  /** SIGCONT to the process group that it leads. */
  | { readonly kind: 'continue'; readonly process: ProcessIdentity }
  /** Moves the backup back to where it was. */
  | { readonly kind: 'restore'; readonly path: string; readonly backup: string }
  /** SIGHUP to the service, which reads its configuration again. */
  | { readonly kind: 'reload'; readonly service: string }
  /** Takes the file away without which a server stops to keep its event loop busy. */
  | { readonly kind: 'unblock'; readonly lease: string }
  /** Ends the strace that traces the process; without it, the process goes on as before. */
  | { readonly kind: 'untrace'; readonly process: ProcessIdentity }
  /** Takes a toxic off the edges. It would lapse by itself, some seconds later. */
  | { readonly kind: 'calm'; readonly toxic: string };

type Entry =
  | {
      readonly id: string;
      readonly atMs: number;
      readonly fault: string;
      readonly holder: ProcessIdentity;
      readonly undo: readonly UndoStep[];
    }
  | { readonly id: string; readonly undoneAtMs: number };

/** A fault that the journal lists and nobody marked as undone. */
export type OpenFault = Extract<Entry, { fault: string }>;

let written = 0;

/** Writes the fault down, on the disk when this returns, and gives the id to mark it by. */
export function recordFault(
  stateDir: string,
  atMs: number,
  fault: string,
  undo: readonly UndoStep[],
): string {
  const holder = selfIdentity();
  written += 1;
  const id = `${holder.pid}.${holder.startTime}.${written}`;
  append(stateDir, { id, atMs, fault, holder, undo });
  return id;
}

/** Where it cannot be written (a full disk), whoever comes later undoes once more, which is harmless. */
export function markUndone(stateDir: string, id: string, undoneAtMs: number): void {
  // The folder may have been removed under us; then there is nothing to come back to.
  if (!existsSync(stateDir)) return;
  try {
    append(stateDir, { id, undoneAtMs });
  } catch {
    // What was undone is undone.
  }
}

/** Does what the steps say, last first, all of them; then throws what the first that failed threw. */
export async function undoSteps(stateDir: string, steps: readonly UndoStep[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps.toReversed()) {
    await undoStep(stateDir, step).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

/** What the journal still lists, oldest first. */
export function openFaults(stateDir: string): readonly OpenFault[] {
  const open = new Map<string, OpenFault>();
  for (const entry of readEntries(stateDir)) {
    if ('fault' in entry) open.set(entry.id, entry);
    else open.delete(entry.id);
  }
  return [...open.values()];
}

/**
 * Undoes, last first, what is open of the holders that `of` names: by default the dead ones, whose
 * faults nobody will undo any more. Gives the faults as written. One that cannot be undone keeps
 * none of the others from it: it stays in the journal, and its error is thrown at the end.
 */
export async function undoOpenFaults(
  stateDir: string,
  nowMs: number,
  of: (holder: ProcessIdentity) => boolean = (holder) => !isAlive(holder),
): Promise<readonly string[]> {
  const left = openFaults(stateDir)
    .filter(({ holder }) => of(holder))
    .toReversed();
  const errors: unknown[] = [];
  for (const { id, undo } of left) {
    try {
      await undoSteps(stateDir, undo);
      markUndone(stateDir, id, nowMs);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return left.map(({ fault }) => fault);
}

/** Forgets a journal in which everything is undone. */
export function clearJournal(stateDir: string): void {
  if (openFaults(stateDir).length === 0) rmSync(journalFile(stateDir), { force: true });
}

async function undoStep(stateDir: string, step: UndoStep): Promise<void> {
  switch (step.kind) {
    case 'release':
      releaseHold(stateDir, step.service);
      return;
    case 'continue':
      if (!isAlive(step.process) || signalGroup(step.process.pid, 'SIGCONT')) return;
      if (isAlive(step.process)) throw takesNoSignal(step.process.pid);
      return;
    case 'restore':
      if (existsSync(step.backup)) renameSync(step.backup, step.path);
      return;
    case 'reload':
      reload(stateDir, step.service);
      return;
    case 'unblock':
      rmSync(step.lease, { force: true });
      return;
    case 'untrace': {
      const tracer = isAlive(step.process) ? tracerOf(step.process.pid) : undefined;
      // Somebody else's debugger is left alone.
      if (tracer !== undefined && commandOf(tracer).includes('inject=fsync')) {
        signalProcess(tracer, 'SIGTERM');
      }
      return;
    }
    case 'calm':
      await calm(stateDir, step.toxic);
      return;
    default:
      step satisfies never;
  }
}

/** The process that is the service now: its supervisor may have started another one since. */
function reload(stateDir: string, service: string): void {
  const { services = [] } = readSystemState(stateFolder(dirname(stateDir))) ?? {};
  const { pid = null, startTime = null } = services.find(({ name }) => name === service) ?? {};
  if (pid === null || startTime === null || !isAlive({ pid, startTime })) return;
  if (placeOf(pid, stateDir) === 'elsewhere' || signalProcess(pid, 'SIGHUP')) return;
  if (isAlive({ pid, startTime })) throw takesNoSignal(pid);
}

/** It is another user's, as after `sudo rtops`: the fault stays in the journal. */
function takesNoSignal(pid: number): Failure {
  return new Failure(exitCode.notReady, 'a fault of a killed rtops cannot be undone', {
    why: `pid ${pid} (${commandOf(pid)}) takes no signal from this user`,
    next: asItsUser,
  });
}

async function calm(stateDir: string, toxic: string): Promise<void> {
  // The guard waits for years and never needs it; it loads what it must.
  const { createEdgeClient, readEdgesConfig } = await import('./edge/edge-client.ts');
  try {
    await createEdgeClient(readEdgesConfig(stateDir)).remove(toxic);
  } catch {
    // A proxy that is gone has no toxics, and one that is deaf lets them lapse.
  }
}

/** Where the faults of a folder stand. */
export function journalFile(stateDir: string): string {
  return join(stateDir, 'faults.jsonl');
}

function append(stateDir: string, entry: Entry): void {
  const fd = openSync(journalFile(stateDir), 'a', 0o600);
  try {
    // A line of its own also after one that a crash or a full disk cut off. Whole, or an error.
    writeFileSync(fd, `\n${JSON.stringify(entry)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A line that was cut off by a crash is left out: its fault had not begun. */
function readEntries(stateDir: string): readonly Entry[] {
  const file = journalFile(stateDir);
  // Only one that is not there is empty; what cannot be read may list faults that are still there.
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.split('\n').flatMap((line): readonly Entry[] => {
    try {
      const entry: unknown = JSON.parse(line);
      return isEntry(entry) ? [entry] : [];
    } catch {
      return [];
    }
  });
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null || !('id' in value)) return false;
  if ('undoneAtMs' in value) return true;
  return 'fault' in value && 'holder' in value && 'undo' in value && Array.isArray(value.undo);
}
