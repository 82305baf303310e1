/** The run folder: one folder a run, holding everything the verdict was reached from. */
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

import { exitCode } from '../exit-code.ts';
import type { RunEvent } from '../events.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { makeFolder } from '../system/make-folder.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';

export type Run = AsyncDisposable & {
  readonly id: string;
  /** These two change when the run moves. */
  readonly dir: string;
  readonly historyDir: string;
  /** From where, and why, the run has moved. */
  readonly moved: { readonly from: string; readonly why: string } | null;
  /**
   * The folder can be used no more (a full disk, or it was removed): the run goes on in a new one below
   * the temporary folder, with `takes` of what is there. Only once.
   * @returns whether there is such a folder
   */
  moveElsewhere(why: string, takes: 'all' | 'all but the history'): boolean;
  /** The exact scenario and topology, so that the run can be made again from its folder. */
  writeDocuments(scenario: Scenario, topology: Topology | null): void;
  /** Appends one line to events.jsonl. A disk that fills up is said once and ends only this file. */
  record(event: RunEvent): void;
  /**
   * Resolves when events.jsonl is on disk. A run that never began leaves nothing behind, and a folder
   * that was there before is left empty. Harmless when repeated; disposing does the same.
   */
  close(): Promise<void>;
};

/** Makes the folder. Throws 120 where it cannot be made or is not empty. */
export function openRun(world: World, runDir: string | null): Run {
  const id = runId(world);
  let dir = runDir ?? join(world.cwd, '.rtops', 'runs', id);
  let moved: Run['moved'] = null;
  const wasThere = existsSync(dir);
  makeRunFolder(dir, join(dir, 'history'));
  let broken = false;
  let begun = false;
  const openEvents = (): WriteStream => {
    broken = false;
    const stream = createWriteStream(join(dir, 'events.jsonl'), { flags: 'a' });
    stream.on('error', (error) => {
      if (stream !== events) return;
      if (!broken) world.stderr.write(`rtops: events.jsonl ends early: ${error.message}\n`);
      broken = true;
    });
    return stream;
  };
  let events = openEvents();
  const close = async (): Promise<void> => {
    await ended(events);
    if (begun) return;
    const made = wasThere && moved === null ? ['events.jsonl', 'history'] : ['.'];
    for (const name of made) rmSync(join(dir, name), { recursive: true, force: true });
  };
  return {
    id,
    get dir() {
      return dir;
    },
    get historyDir() {
      return join(dir, 'history');
    },
    get moved() {
      return moved;
    },
    moveElsewhere(why, takes) {
      if (moved !== null) return false;
      const from = dir;
      try {
        dir = mkdtempSync(join(tmpdir(), `rtops-${id}-`));
        mkdirSync(join(dir, 'history'));
      } catch {
        dir = from;
        return false;
      }
      moved = { from, why };
      takeAlong(from, dir, takes);
      const isOpen = !events.writableEnded;
      events.end();
      if (isOpen) events = openEvents();
      return true;
    },
    writeDocuments(scenario, topology) {
      begun = true;
      writeText(join(dir, 'scenario.yaml'), stringify(scenario));
      if (topology !== null) writeText(join(dir, 'topology.yaml'), stringify(topology));
    },
    record(event) {
      if (!broken) events.write(`${JSON.stringify(lean(event))}\n`);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Each file that can be had: one that is gone or cannot be read is no reason to lose the others. */
function takeAlong(from: string, to: string, takes: 'all' | 'all but the history'): void {
  const isTaken = (path: string): boolean => {
    if (path.endsWith('.tmp')) return false;
    return takes === 'all' || !path.startsWith(join(from, 'history'));
  };
  try {
    cpSync(from, to, { recursive: true, filter: isTaken });
  } catch {
    // It was removed, or the other disk is full as well: then the report is what matters.
  }
}

/** What is only for those who watch meanwhile would be half of the file. */
function lean(event: RunEvent): RunEvent {
  if (event.kind !== 'tick') return event;
  const { live: _, ...tick } = event.tick;
  return { ...event, tick };
}

function ended(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed || stream.destroyed) resolve();
    else {
      stream.once('error', () => resolve());
      stream.end(() => resolve());
    }
  });
}

/** Sorts by time; two runs of one second differ by their last part. */
function runId(world: World): string {
  const stamp = new Date(world.clock.now()).toISOString().replace(/[-:]/g, '').slice(0, 15);
  const tail = Math.floor(world.random() * 0x10000);
  return `${stamp.replace('T', '-')}-${tail.toString(16).padStart(4, '0')}`;
}

function makeRunFolder(dir: string, historyDir: string): void {
  try {
    makeFolder(dir);
    if (readdirSync(dir).length > 0) {
      throw new Failure(exitCode.usage, `the run folder ${dir} is not empty`, {
        why: 'the files of two runs in one folder could not be told apart',
        next: 'name a new folder with --run-dir, or leave it out',
      });
    }
    mkdirSync(historyDir);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unwritable(dir, error);
  }
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(path: string, error: unknown): Failure {
  return new Failure(exitCode.notReady, `cannot write ${path}`, {
    why: messageOf(error),
    next: 'make room or get leave to write there, or name another folder with --run-dir',
    cause: error,
  });
}
