/** What the tests of the native engine share: a run against a stand-in, and a look at its history. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, onTestFinished } from 'vitest';

import type { Drive, DriveResult } from '../../driver.ts';
import { nativeDriver } from '../native-driver.ts';
import {
  readRecord,
  recordBytes,
  recordKind,
  type HistoryRecord,
} from '../../../samples/history.ts';
import type { Scenario, Stage } from '../../../scenario/scenario.ts';
import { realWorld } from '../../../world.ts';
import { smallScenario } from './small-scenario.ts';
import { startStandIn, type StandIn } from './stand-in-chat.ts';

type Options = Partial<Scenario> & {
  workers?: number;
  historyDir?: string;
  /** `null`: the users register. */
  secret?: string | null;
};

const theSecret = 'a secret of at least thirty-two characters';

export function start(url: string, options: Options): { drive: Drive; historyDir: string } {
  const { workers = null, historyDir = folder(), secret = theSecret, ...scenario } = options;
  runs += 1;
  const drive = nativeDriver(realWorld()).start({
    runId: `t${process.pid}-${runs}`,
    historyDir,
    workers,
    target: { url, secret },
    scenario: smallScenario({ stages: hold(10, 100, 900), ...scenario }),
  });
  onTestFinished(async () => {
    await drive.abort();
  });
  return { drive, historyDir };
}
let runs = 0;

export function hold(users: number, rampMs: number, holdMs: number): [Stage, Stage] {
  return [
    { durationMs: rampMs, target: users },
    { durationMs: holdMs, target: users },
  ];
}

export async function standIn(): Promise<StandIn> {
  const server = await startStandIn();
  onTestFinished(async () => {
    await server.close();
  });
  return server;
}

export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'rtops-load-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true, force: true });
  });
  return made;
}

export async function untilTick(
  drive: Drive,
  enough: (tick: { t: number; users: number; errors: number; refused: number }) => boolean,
): Promise<void> {
  const iterator = drive.ticks[Symbol.asyncIterator]();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    if (enough(next.value)) return;
  }
  throw new Error('the run ended before the tick that was waited for');
}

export function history(historyDir: string): HistoryRecord[] {
  return readdirSync(historyDir).flatMap((name) => {
    const bytes = readFileSync(path.join(historyDir, name));
    if (bytes.length % recordBytes !== 0) throw new Error(`${name} ends within a record`);
    return Array.from({ length: bytes.length / recordBytes }, (_, i) =>
      readRecord(bytes, i * recordBytes),
    );
  });
}

/** Resolves when the history so far, which a run hands over each second, shows what is waited for. */
export async function untilHistory(
  historyDir: string,
  enough: (records: readonly HistoryRecord[]) => boolean,
): Promise<void> {
  // A record may be half written: the next look sees it whole.
  await expect
    .poll(() => enough(history(historyDir)), { timeout: 45_000, interval: 250 })
    .toBe(true);
}

/** Whether that many times somebody has come back to its room. */
export function resumes(count: number): (records: readonly HistoryRecord[]) => boolean {
  return (records) => records.filter(({ kind }) => kind === recordKind.resumed).length >= count;
}

/** Pairs (recipient, message) above the recipient's join that neither arrived nor were refetched. */
export function missing(records: readonly HistoryRecord[]): string[] {
  const stored = records.filter(({ kind }) => kind === recordKind.stored);
  const got = new Set(
    records
      .filter(({ kind }) => kind === recordKind.delivered || kind === recordKind.resynced)
      .map(({ user, peer, n }) => `${user} ${peer}.${n}`),
  );
  return records
    .filter(({ kind }) => kind === recordKind.joined)
    .flatMap(({ user, room, value: head }) =>
      stored
        .filter((message) => message.room === room && message.value > head)
        .map(({ peer, n }) => `${user} ${peer}.${n}`),
    )
    .filter((pair) => !got.has(pair));
}

export function op(result: DriveResult, name: string): DriveResult['ops'][string] {
  const found = result.ops[name];
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found;
}

export function count(result: DriveResult, name: string): number {
  return op(result, name).count;
}

/** Children of a process that are load workers. */
export function childPids(parent: number = process.pid): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(parent)], {
    encoding: 'utf8',
  });
  return table
    .split('\n')
    .filter((line) => line.includes('worker-main'))
    .map((line) => Number.parseInt(line, 10));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
