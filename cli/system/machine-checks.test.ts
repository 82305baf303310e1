import { describe, expect, test } from 'vitest';

import { machineChecks, prerequisiteCheck } from './machine-checks.ts';
import { parseReservedPorts, readMachineFacts } from './machine-facts.ts';
import type { MachineFacts } from './machine-facts.ts';
import { prerequisites } from './prerequisites.ts';

const good: MachineFacts = {
  nodeVersion: 'v24.1.0',
  cores: 2,
  openFiles: { soft: 4096, hard: 4096 },
  ephemeralPorts: { first: 32768, last: 60999 },
  reservedPorts: [],
  somaxconn: 511,
  freeMemoryBytes: 1024 ** 3,
  freeDiskBytes: 1024 ** 3,
};

describe('machineChecks', () => {
  test('a machine that has exactly enough of all is ok', () => {
    expect(machineChecks(good).filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(machineChecks(good).map(({ next }) => next)).toEqual(Array(7).fill(null));
  });

  test.each<[name: string, facts: Partial<MachineFacts>, state: 'warn' | 'missing']>([
    ['node', { nodeVersion: 'v22.99.0' }, 'missing'],
    ['cores', { cores: 1 }, 'warn'],
    ['open files', { openFiles: { soft: 1024, hard: 4095 } }, 'warn'],
    ['ephemeral ports', { ephemeralPorts: { first: 50000, last: 59998 } }, 'warn'],
    ['somaxconn', { somaxconn: 510 }, 'warn'],
    ['free memory', { freeMemoryBytes: 1024 ** 3 - 1 }, 'warn'],
    ['free disk', { freeDiskBytes: 1024 ** 3 - 1 }, 'warn'],
  ])('%s short by one is the only row that speaks, and says what next', (name, facts, state) => {
    const rows = machineChecks({ ...good, ...facts }).filter((check) => check.state !== 'ok');
    expect(rows).toEqual([expect.objectContaining({ name, state, next: expect.any(String) })]);
  });

  test('says how many users the open files allow: nginx holds two for each', () => {
    const [row] = machineChecks({ ...good, openFiles: { soft: 1024, hard: 20100 } }).filter(
      ({ name }) => name === 'open files',
    );
    expect(row?.found).toBe(
      'soft 1,024, hard 20,100: about 20,000 users per server or load worker, 10,000 per nginx worker',
    );
  });

  test('a range that has the ports of our services in it is a warning, until they are kept out of it', () => {
    const row = (facts: Partial<MachineFacts>) =>
      machineChecks({ ...good, ...facts }).find(({ name }) => name === 'ephemeral ports');
    const ephemeralPorts = { first: 1024, last: 65_535 };
    const warning = row({ ephemeralPorts });
    expect(warning).toMatchObject({ state: 'warn' });
    expect(warning?.found).toContain('services of rtops listen on 20000-31999');
    expect(warning?.next).toBe('sudo sysctl -w net.ipv4.ip_local_reserved_ports=20000-31999');
    const kept = { first: 20_000, last: 31_999 };
    const half = { first: 20_000, last: 25_000 };
    expect(row({ ephemeralPorts, reservedPorts: [kept] })).toMatchObject({ state: 'ok' });
    expect(row({ ephemeralPorts, reservedPorts: [half] })).toMatchObject({
      state: 'warn',
      next: 'sudo sysctl -w net.ipv4.ip_local_reserved_ports=20000-25000,20000-31999',
    });
    // The advice for too few of them must not lead there.
    const few = row({ ephemeralPorts: { first: 50_000, last: 51_000 } });
    const [first = 0] = few?.next?.match(/\d{5}/g)?.map(Number) ?? [];
    expect(first).toBeGreaterThan(31_999);
  });

  test('reserved ports are read as the kernel writes them', () => {
    expect(parseReservedPorts('8080,9000-9010\n')).toEqual([
      { first: 8080, last: 8080 },
      { first: 9000, last: 9010 },
    ]);
    expect(parseReservedPorts('\n')).toEqual([]);
  });

  test('an unlimited hard limit is no limit, not a NaN', () => {
    const openFiles = { soft: 1024, hard: Number.POSITIVE_INFINITY };
    const rows = machineChecks({ ...good, openFiles });
    expect(rows.find(({ name }) => name === 'open files')).toMatchObject({
      state: 'ok',
      found: 'soft 1,024, hard unlimited: no limit on users',
    });
  });

  test('what a system does not say is not held against it', () => {
    const silent = { ...good, openFiles: null, ephemeralPorts: null, somaxconn: null };
    expect(machineChecks(silent).filter(({ state }) => state !== 'ok')).toEqual([]);
  });
});

test('the facts of this very machine are read and plausible', async () => {
  const facts = await readMachineFacts(import.meta.dirname);
  expect(facts.nodeVersion).toBe(process.version);
  expect(facts.cores).toBeGreaterThanOrEqual(1);
  expect(facts.openFiles?.hard).toBeGreaterThanOrEqual(facts.openFiles?.soft ?? Number.NaN);
  expect(facts.ephemeralPorts?.last).toBeGreaterThan(facts.ephemeralPorts?.first ?? Number.NaN);
  expect(facts.somaxconn).toBeGreaterThan(0);
  expect(facts.freeMemoryBytes).toBeGreaterThan(1024 ** 2);
  expect(facts.freeDiskBytes).toBeGreaterThan(0);
});

test('a missing program is missing, with its purpose and the command that gets it', () => {
  const [nginx] = prerequisites;
  if (nginx === undefined) throw new Error('no prerequisites');
  expect(prerequisiteCheck({ prerequisite: nginx, path: undefined, version: undefined })).toEqual({
    name: 'nginx',
    state: 'missing',
    found: 'for the proxy of the topologies `split` and `scaled`',
    next: 'rtops setup',
  });
  expect(prerequisiteCheck({ prerequisite: nginx, path: '/a/nginx', version: '1.2' }).state).toBe(
    'ok',
  );
});
