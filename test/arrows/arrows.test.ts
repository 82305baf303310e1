import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findings } from './findings.ts';
import type { Declared, Law } from './findings.ts';
import { house, isTestFile, roomOf } from './house.ts';
import type { Room } from './house.ts';

const root = join(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const declared: Declared = {
  dependencies: Object.keys(manifest.dependencies),
  devDependencies: Object.keys(manifest.devDependencies),
};

describe('the laws of the house', () => {
  const files = ['cli', 'server', 'prometheus', 'dashboards'].flatMap((folder) =>
    sourceFiles(folder),
  );

  test('every file of cli/, server/, prometheus/ and dashboards/ keeps them', () => {
    const broken = files.flatMap((file) =>
      findings(file, readFileSync(join(root, file), 'utf8'), declared).map(
        ({ line, law, what }) => `${file}:${line} ${law}: ${what}`,
      ),
    );
    expect(broken).toEqual([]);
  });

  test('the search saw the whole house, so that an empty list of breaches means something', () => {
    const shipped = files.filter((file) => !isTestFile(file));
    expect(shipped.length).toBeGreaterThanOrEqual(120);
    expect(files.length - shipped.length).toBeGreaterThanOrEqual(30);
    const rooms = Object.keys(house) as Room[];
    const empty = rooms.filter((room) => !shipped.some((file) => roomOf(file) === room));
    expect(empty).toEqual([]);
  });
});

describe('negative controls: a planted breach is caught by name', () => {
  const sdk = '@grafana/grafana-foundation-sdk';
  type Planted = readonly [file: string, text: string, why: string];
  const planted: Readonly<Record<Law, readonly Planted[]>> = {
    'has a room': [
      ['cli/helpers/format.ts', 'export const a = 1;', 'a folder that is no room'],
      ['cli/utils.ts', 'export const a = 1;', 'a loose file'],
    ],
    arrow: [
      ['cli/samples/a.ts', "import { judge } from '../verdict/judge.ts';", 'samples know nobody'],
      ['cli/topology/a.ts', "import type { S } from '../scenario/scenario.ts';", 'types count'],
      ['cli/verdict/a.ts', "export type { S } from '../scenario/scenario.ts';", 're-exports count'],
      ['cli/verdict/a.ts', "export * from '../report/report.ts';", 're-exports of all count'],
      ['cli/screen/a.tsx', "type S = import('../samples/tick.ts').Tick;", 'inline types count'],
      ['cli/load/a.ts', "const a = await import('../verdict/judge.ts');", 'import() counts'],
      ['cli/load/a.ts', "import { chat } from '../../server/chat/chat.ts';", 'only the wire'],
      ['cli/system/a.ts', "import '../commands/up.ts';", 'an import for its effect counts'],
      ['cli/report/a.ts', "import type { World } from '../world.ts';", 'pure rooms have no world'],
      ['cli/main.ts', "import { judge } from './verdict/judge.ts';", 'main knows commands only'],
      ['cli/world.ts', "import { up } from './commands/up.ts';", 'the world knows nobody'],
      ['prometheus/a.ts', "import { p } from '../dashboards/promql.ts';", 'not upwards'],
      ['dashboards/a.ts', "import { t } from '../cli/topology/plan.ts';", 'only what it needs'],
      ['cli/inspect/a.ts', "import { d } from '../../dashboards/a.ts';", 'it reads the JSON'],
    ],
    'types only': [
      ['cli/load/a.ts', "import { realWorld } from '../world.ts';", 'the world is handed in'],
      ['cli/commands/a.ts', "import { type World, realWorld } from '../world.ts';", 'one value'],
      ['cli/events.ts', "import { createHistogram } from './samples/histogram.ts';", 'types only'],
    ],
    'port of system': [
      ['cli/load/a.ts', "import type { S } from '../system/supervisor.ts';", 'not the port'],
    ],
    'server knows no cli': [
      ['server/app.ts', "import type { F } from '../cli/failure.ts';", 'not even a noun'],
      ['server/a.test.ts', "import { w } from '../cli/world.ts';", 'nor in a test'],
      ['server/contract.ts', "import type { S } from '../cli/samples/summary.ts';", 'the wire'],
    ],
    'pure: no node': [
      ['cli/verdict/a.ts', "import { readFileSync } from 'node:fs';", 'a file'],
      ['cli/report/a.ts', "import fs from 'fs';", 'without the prefix'],
      ['dashboards/a.ts', "import { writeFileSync } from 'node:fs';", 'only generate.ts writes'],
      ['server/contract.ts', "import type { S } from 'node:net';", 'not even a type'],
    ],
    'pure: packages': [
      ['cli/samples/a.ts', "import { request } from 'undici';", 'a worldly package'],
      ['cli/report/a.ts', "import { Box } from 'ink';", 'a package of another room'],
      ['prometheus/a.ts', `import '${sdk}/dashboard';`, 'the package of dashboards alone'],
    ],
    'pure: acts': [
      ['cli/verdict/a.ts', 'export async function a() {}', 'async'],
      ['cli/verdict/a.ts', 'export const a = async () => 1;', 'an async arrow'],
      ['cli/verdict/a.ts', 'export const a = { async b() {} };', 'an async method'],
      ['cli/verdict/a.ts', 'export const a = await b;', 'a top-level await'],
      ['cli/verdict/a.ts', 'export const a = Promise.resolve(1);', 'a promise'],
      ['cli/scenario/a.ts', 'export const a = Date.now();', 'the clock'],
      ['cli/scenario/a.ts', "export const a = Date['now']();", 'the clock, quoted'],
      ['cli/scenario/a.ts', 'export const a = new Date();', 'the clock, as an object'],
      ['cli/scenario/a.ts', 'export const a = performance.now();', 'the other clock'],
      ['cli/scenario/a.ts', 'export const a = Math.random();', 'dice'],
      ['cli/topology/a.ts', 'export const a = process.platform;', 'the process'],
      ['cli/topology/a.ts', 'export const a = { process };', 'the process, shorthand'],
      ['cli/topology/a.ts', 'export const a = globalThis.process;', 'the process, by the back'],
      ['cli/samples/a.ts', "console.log('a');", 'the console'],
      ['cli/samples/a.ts', 'setTimeout(() => {}, 1);', 'a timer'],
      ['cli/samples/a.ts', "fetch('http://localhost');", 'the network'],
      ['cli/report/a.ts', 'export const a = import.meta.url;', 'where it lies'],
      ['cli/report/a.ts', 'export const a = crypto.randomUUID();', 'better dice'],
      ['cli/report/a.ts', "export const a = require('x');", 'a require'],
    ],
    door: [
      ['cli/system/a.ts', "export const a = process.env['PATH'];", 'the environment'],
      ['cli/system/a.ts', "export const a = process['env'];", 'the environment, quoted'],
      ['cli/commands/a.ts', 'const { env } = process;', 'the environment, taken apart'],
      ['cli/commands/a.ts', "import { env } from 'node:process';", 'the environment, imported'],
      ['cli/commands/a.ts', "process.stdout.write('a');", 'a stream'],
      ['cli/commands/a.ts', 'process.exit(1);', 'the exit'],
      ['cli/screen/a.tsx', "console.error('a');", 'the console'],
      ['server/app.ts', "export const a = process.env['PORT'];", 'only its config reads it'],
    ],
    'declared package': [
      ['cli/load/a.ts', "import { a } from 'left-pad';", 'unknown'],
      ['cli/load/a.ts', "import { parseSync } from 'oxc-parser';", 'only for development'],
      ['cli/observe/a.ts', `import '${sdk}/dashboard';`, 'never on a user’s machine'],
      ['server/a.ts', "import { a } from '@fastify/websocket';", 'unknown, scoped'],
    ],
    'computed import': [['cli/load/a.ts', 'await import(name);', 'cannot be checked']],
    'no test code': [
      ['cli/load/a.ts', "import { a } from './testing/echo-server.ts';", 'a test helper'],
      ['server/a.ts', "import { a } from './a.test.ts';", 'a test'],
    ],
    'inside the house': [
      ['cli/commands/a.ts', "import { a } from '../../build.mjs';", 'outside of it'],
      ['cli/load/a.ts', "import { a } from '../helpers/a.ts';", 'no room'],
    ],
  };

  const rows = Object.entries(planted).flatMap(([law, sources]) =>
    sources.map(([file, text, why]) => ({ law, file, text, why })),
  );
  test.each(rows)('$law: $file: $why', ({ law, file, text }) => {
    expect(findings(file, text, declared).map((found) => found.law)).toContain(law);
  });
});

describe('what the laws allow is not reported', () => {
  const allowed: readonly (readonly [file: string, text: string])[] = [
    ['cli/verdict/a.ts', "import type { Summary } from '../samples/summary.ts';"],
    ['cli/verdict/a.ts', "import { z } from 'zod'; export const a = new Date(0).toISOString();"],
    ['cli/report/a.ts', 'export type A = { process: number }; export const a = { console: 1 };'],
    ['cli/report/a.ts', 'export const a = (run: { process: string }) => run.process;'],
    ['cli/samples/a.ts', 'export type A = Promise<number>;'],
    ['cli/load/a.ts', "import type { RunningSystem } from '../system/running-system.ts';"],
    ['cli/load/a.ts', "import { event } from '../../server/contract.ts';"],
    ['cli/load/native/worker-main.ts', 'process.exit(0);'],
    ['cli/system/faults/guard-main.ts', 'process.exit(0);'],
    ['cli/system/a.ts', 'for (const process of list) kill(process);'],
    ['cli/system/a.ts', "import type { World } from '../world.ts'; export const a = process.pid;"],
    ['cli/events.ts', "import type { Tick } from './samples/tick.ts';"],
    ['dashboards/a.ts', "import { Panel } from '@grafana/grafana-foundation-sdk/dashboard';"],
    ['dashboards/generate.ts', "import { writeFileSync } from 'node:fs';"],
    ['cli/samples/a.test.ts', "import { test } from 'vitest'; await import('node:fs/promises');"],
    ['cli/main.ts', "const { a } = await import('./commands/a.ts'); process.exit(a);"],
  ];
  test.each(allowed)('%s: %s', (file, text) => {
    expect(findings(file, text, declared)).toEqual([]);
  });

  test('a file that does not parse is an error, not a file without breaches', () => {
    expect(() => findings('cli/load/a.ts', 'import {', declared)).toThrow('cli/load/a.ts');
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
