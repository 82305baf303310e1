import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { anyStep } from './testing/any-step.ts';
import { honestRun } from './testing/honest-run.ts';
import type { MadeRun, RunShape } from './testing/honest-run.ts';
import { ledgerOf, named, wrongs } from './testing/ledger-of.ts';

describe('a made-up run', () => {
  const step = anyStep({ user: 11, pauseMs: 400 });
  const shape = fc.record<RunShape>({
    users: fc.integer({ min: 2, max: 9 }),
    roomSize: fc.integer({ min: 2, max: 5 }),
    workers: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(step, { minLength: 5, maxLength: 120, size: 'max' }),
    leaves: fc.constantFrom('margin', 'exact'),
  });
  const exact = shape.map((some): RunShape => ({ ...some, leaves: 'exact' }));
  const deliveries = (run: MadeRun): HistoryRecord[] =>
    run.files.flat().filter((record) => record.kind === recordKind.delivered);
  const edited = (
    run: MadeRun,
    edit: (file: readonly HistoryRecord[]) => readonly HistoryRecord[],
  ): MadeRun => ({ ...run, files: run.files.map(edit) });
  const pick = <T>(all: readonly T[], at: number): T | undefined => all[at % all.length];
  const idOf = (r: HistoryRecord): string => `${r.peer}.${r.room}.${r.n} at u${r.user}`;

  test('of an honest server has no exceptions and its sums add up', () => {
    let delivered = 0;
    fc.assert(
      fc.property(shape, (some) => {
        const ledger = ledgerOf(honestRun(some));
        expect(named(ledger)).toEqual([]);
        expect(wrongs(ledger)).toEqual({});
        expect(ledger.acked).toBe(ledger.sent);
        expect(ledger.delivered).toBe(ledger.expected);
        delivered += ledger.delivered;
      }),
      { numRuns: 300 },
    );
    expect(delivered).toBeGreaterThan(3000);
  });

  test('with one delivery taken out loses exactly that pair', () => {
    fc.assert(
      fc.property(shape, fc.nat(), (some, at) => {
        const run = honestRun(some);
        const members = openAtEnd(run);
        const gone = pick(
          deliveries(run).filter((r) => members.has(r.user)),
          at,
        );
        fc.pre(gone !== undefined);
        const ledger = ledgerOf(edited(run, (file) => file.filter((r) => r !== gone)));
        expect(ledger.lost).toBe(1);
        expect(named(ledger)).toContain(`lost ${idOf(gone)}`);
        const { dropped, ...rest } = wrongs(ledger);
        expect(rest).toEqual({ lost: 1 });
        expect(dropped ?? 1).toBe(1);
      }),
    );
  });

  test('with exact leaves loses exactly the pair taken out, whoever left and whenever', () => {
    let ofLeavers = 0;
    fc.assert(
      fc.property(exact, fc.nat(), (some, at) => {
        const run = honestRun(some);
        const gone = pick(deliveries(run), at);
        fc.pre(gone !== undefined);
        if (!openAtEnd(run).has(gone.user)) ofLeavers++;
        const ledger = ledgerOf(edited(run, (file) => file.filter((r) => r !== gone)));
        expect(named(ledger)).toContain(`lost ${idOf(gone)}`);
        const { dropped, ...rest } = wrongs(ledger);
        expect(rest).toEqual({ lost: 1 });
        expect(dropped ?? 1).toBe(1);
      }),
      { numRuns: 300 },
    );
    expect(ofLeavers).toBeGreaterThan(50);
  });

  test('with one delivery doubled has exactly that duplicate', () => {
    fc.assert(
      fc.property(shape, fc.nat(), (some, at) => {
        const run = honestRun(some);
        const members = openAtEnd(run);
        const twice = pick(
          deliveries(run).filter((r) => members.has(r.user)),
          at,
        );
        fc.pre(twice !== undefined);
        const ledger = ledgerOf(
          edited(run, (file) => file.flatMap((r) => (r === twice ? [r, r] : [r]))),
        );
        expect(wrongs(ledger)).toEqual({ duplicated: 1 });
        expect(named(ledger)).toEqual([`duplicated ${idOf(twice)}`]);
      }),
    );
  });

  test('with two neighbours swapped has exactly the older one reordered', () => {
    fc.assert(
      fc.property(shape, fc.nat(), (some, at) => {
        const run = honestRun(some);
        const members = openAtEnd(run);
        const pairs = run.files.flatMap((file) => neighbours(file, members));
        const pair = pick(pairs, at);
        fc.pre(pair !== undefined);
        const [older, newer] = pair;
        const ledger = ledgerOf(
          edited(run, (file) =>
            file.flatMap((r) => {
              if (r === older) return [];
              return r === newer ? [newer, { ...older, atUs: newer.atUs }] : [r];
            }),
          ),
        );
        expect(wrongs(ledger)).toEqual({ reordered: 1 });
        expect(named(ledger)).toEqual([`reordered ${idOf(older)}`]);
      }),
    );
  });

  test('with an ack before a store that never came names the message unstored and lost', () => {
    fc.assert(
      fc.property(shape, (some) => {
        const run = honestRun(some);
        const members = membersAtEnd(run);
        const read = run.files.flat().find((r) => r.kind === recordKind.readDone);
        fc.pre(read !== undefined);
        const { room, value: head } = read;
        const ghost = { ...read, user: 999, n: 0, kind: recordKind.sent, atUs: read.atUs - 4e6 };
        const ack = { ...ghost, kind: recordKind.acked, value: head + 1 };
        const ledger = ledgerOf({ ...run, files: [...run.files, [ghost, ack]] });
        const owed = [...members].filter((u) => Math.floor(u / some.roomSize) === room).length;
        // After an exact leave only the ack has lied: the server never said that it had sent it.
        const pairs = some.leaves === 'exact' ? 0 : owed;
        expect(wrongs(ledger)).toEqual({ lost: pairs + 1 });
        expect(named(ledger)).toContain(`unstored 999.${room}.0 at log`);
      }),
    );
  });
});

/** Users whose last membership lasted to the end of the run. */
function membersAtEnd(run: MadeRun): Set<number> {
  const leaves = run.files.flat().filter((r) => r.kind === recordKind.left);
  const end = run.durationMs * 1000 - 1000;
  return new Set(leaves.filter((r) => r.atUs >= end).map((r) => r.user));
}

/** Those of them that never left before. */
function openAtEnd(run: MadeRun): Set<number> {
  const leaves = run.files.flat().filter((r) => r.kind === recordKind.left);
  const once = (user: number): boolean => leaves.filter((r) => r.user === user).length === 1;
  return new Set([...membersAtEnd(run)].filter(once));
}

/** Pairs of deliveries that follow each other at one user with nothing of that user between. */
function neighbours(
  file: readonly HistoryRecord[],
  users: ReadonlySet<number>,
): [HistoryRecord, HistoryRecord][] {
  const found: [HistoryRecord, HistoryRecord][] = [];
  const before = new Map<number, HistoryRecord>();
  const breaks = new Set<number>([
    recordKind.connected,
    recordKind.disconnected,
    recordKind.joined,
    recordKind.left,
    recordKind.resumed,
  ]);
  for (const record of file) {
    if (record.kind === recordKind.delivered && users.has(record.user)) {
      const previous = before.get(record.user);
      if (previous !== undefined && record.atUs - previous.atUs < 5e6)
        found.push([previous, record]);
      before.set(record.user, record);
    } else if (breaks.has(record.kind)) before.delete(record.user);
  }
  return found;
}
