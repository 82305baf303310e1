/** `rtops bench` from the first line typed to the last file on disk, on real processes. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { readRecord, recordBytes, recordKind } from '../cli/samples/history.ts';
import { newHome, processesOf } from './testing/rtops.ts';

/** Small and quick: 60 users in rooms of 10, a second up, four to measure, one down. */
const quick = ['--stage', '1s:60', '--stage', '4s:60', '--stage', '1s:0', '--rate', '1/s/user'];
/** A noisy test machine must not decide what a test of plumbing says. */
const lenient = ['--no-default-thresholds', '--threshold', 'ledger.lost = 0'];

describe('bench on the embedded topology', () => {
  test('measures, judges, writes the run folder and leaves nothing running', async () => {
    const home = newHome();
    const ended = await home.run('bench', ...quick, ...lenient);
    expect(ended.stdout + ended.stderr).toContain('starting single');
    expect(ended.code, ended.stdout + ended.stderr).toBe(home.unlessStarved(0));

    const report = home.report();
    expect(report.verdict).toBe(report.generator.saturated ? 'no-data' : 'pass');
    expect(report.users).toMatchObject({
      planned: 60,
      peak: 60,
      attempted: 60,
      refused: 0,
      lost: 0,
    });
    // 60 users × 1/s for about 5 s; each message has 10 recipients.
    expect(report.ledger.sent).toBeGreaterThan(200);
    expect(report.ledger.acked).toBe(report.ledger.sent);
    expect(report.ledger.expected).toBeGreaterThan(report.ledger.sent * 7);
    expect(report.ledger).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, dropped: 0 });
    expect(report.ops['chat.delivery']?.latencyMs.p95).toBeGreaterThan(0);
    expect(report.ops['http']?.count).toBeGreaterThan(100);
    expect(report.services.map((service) => service.name)).toEqual(['server-1']);
    expect(report.services[0]?.cpuPct.max).toBeGreaterThan(0);
    expect(report.fidelity.clientUsers).toBeGreaterThan(0);
    expect(report.fidelity.clientMs.p50).toBeGreaterThan(0);

    const dir = home.runDir();
    expect(readdirSync(dir)).toEqual(
      expect.arrayContaining([
        'report.json',
        'report.html',
        'detail.json',
        'events.jsonl',
        'history',
        'scenario.yaml',
        'topology.yaml',
      ]),
    );
    expect(statSync(join(dir, 'report.html')).size).toBeLessThan(400 * 1024);
    expect(processesOf(home)).toEqual([]);
  });

  test('the report is printed again in every format; verify derives the same figures, and disagrees after one record is changed', async () => {
    const home = newHome();
    await home.run('bench', ...quick, ...lenient);
    for (const [format, sign] of [
      ['text', 'ledger'],
      ['md', '|'],
      ['junit', '<testsuite'],
      ['html', '<!doctype html>'],
      ['json', '"schemaVersion"'],
    ] as const) {
      const printed = await home.run('report', '--format', format);
      expect(printed.code, format).toBe(0);
      expect(printed.stdout.toLowerCase(), format).toContain(sign.toLowerCase());
    }

    const agreed = await home.run('verify');
    expect(agreed.code, agreed.stdout + agreed.stderr).toBe(0);
    flipOneDelivery(join(home.runDir(), 'history'));
    const disagreed = await home.run('verify');
    expect(disagreed.code, disagreed.stdout + disagreed.stderr).toBe(99);
  });

  test('a threshold that cannot be met exits 99 and says by how much', async () => {
    const home = newHome();
    const ended = await home.run('bench', ...quick, '--threshold', 'chat.ack p95 < 0.001ms');
    expect(ended.code).toBe(home.unlessStarved(99));
    const { generator, thresholds } = home.report();
    const { saturated } = generator;
    expect(thresholds.at(-1)).toMatchObject({
      ...{ text: 'chat.ack p95 < 0.001ms', verdict: saturated ? 'no-data' : 'fail' },
    });
    // Among rows without a verdict it is one of those that are in the report alone.
    if (!saturated) expect(ended.stdout).toContain('chat.ack p95 < 0.001ms');
  });

  test('too few samples are no verdict, not a pass', async () => {
    const home = newHome();
    const ended = await home.run(
      ...['bench', '--stage', '2s:2', '--rate', '1/s/user', '--no-default-thresholds'],
      ...['--threshold', 'chat.ack p99 < 10s over >= 100000'],
    );
    expect(ended.code, ended.stdout).toBe(122);
    expect(home.report().verdict).toBe('no-data');
  });

  test('--json prints one document on stdout and everything else on stderr', async () => {
    const home = newHome();
    const ended = await home.run('bench', ...quick, ...lenient, '--json');
    const document = JSON.parse(ended.stdout) as { schemaVersion: number; run: { id: string } };
    expect(document.schemaVersion).toBe(1);
    expect(document.run.id).toBe(home.report().run.id);
    expect(ended.stderr).toContain('ledger');
  });

  test('the same seed makes the same load, another seed another', async () => {
    const home = newHome();
    const dueWith = async (seed: string): Promise<Set<string>> => {
      await home.run(
        ...['bench', '--stage', '1s:10', '--stage', '2s:10', '--rate', '3/s/user'],
        ...['--seed', seed, ...lenient],
      );
      return dueSends(join(home.runDir(), 'history'));
    };
    const first = await dueWith('7');
    const again = await dueWith('7');
    const other = await dueWith('8');
    // A user sends once it is in its room: how long the join took decides about its first send.
    expect(first.intersection(again).size / first.size).toBeGreaterThan(0.8);
    expect(first.intersection(other).size / first.size).toBeLessThan(0.2);
  });

  test('what is asked for on the command line changes the run', async () => {
    const home = newHome();
    await home.run(
      ...[
        'bench',
        '-u',
        '20',
        '-d',
        '3s',
        '--rate',
        '40/s',
        '--stage',
        '1s:20',
        '--stage',
        '3s:20',
      ],
      ...lenient,
    );
    const report = home.report();
    expect(report.users.planned).toBe(20);
    expect(report.scenario.rate).toEqual({ kind: 'total', perSec: 40 });
    expect(existsSync(join(home.runDir(), 'report.json'))).toBe(true);
  });
});

/** Every send of a run as `user@due`. */
function dueSends(dir: string): Set<string> {
  const sends = new Set<string>();
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.bin'))) {
    const bytes = readFileSync(join(dir, name));
    for (let offset = 0; offset + recordBytes <= bytes.length; offset += recordBytes) {
      const { kind, user, atUs } = readRecord(bytes, offset);
      if (kind === recordKind.sent) sends.add(`${user}@${atUs}`);
    }
  }
  return sends;
}

/** One delivered record becomes a record of another kind: that delivery never happened. */
function flipOneDelivery(dir: string): void {
  const name = readdirSync(dir).find((file) => file.endsWith('.bin'));
  if (name === undefined) throw new Error(`no history in ${dir}`);
  const file = join(dir, name);
  const bytes = readFileSync(file);
  for (let offset = 0; offset + recordBytes <= bytes.length; offset += recordBytes) {
    if (bytes[offset] !== recordKind.delivered) continue;
    bytes[offset] = recordKind.readDone;
    break;
  }
  writeFileSync(file, bytes);
}
