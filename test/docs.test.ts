import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { exitCode } from '../cli/exit-code.ts';
import { scenarioSchema } from '../cli/scenario/scenario-schema.ts';
import { topologyShape } from '../cli/topology/topology-schema.ts';
import { metrics } from '../cli/verdict/metrics.ts';
import { newHome } from './testing/rtops.ts';

const root = join(import.meta.dirname, '..');
const readme = read('README.md');
const documents = committedFiles().filter((file) => file.endsWith('.md'));

describe('README.md', () => {
  test('begins with the two commands, and the gate runs the second and nothing cleverer', () => {
    const [first, second] = [...readme.matchAll(/^```sh\n(.+)\n```$/gm)].map((match) => match[1]);
    expect(first).toBe('npm ci && npx rtops bench');
    expect(second).toBe('npm ci && npx rtops setup --yes && npm test');
    const gate = read('.ci/run')
      .split('\n')
      .filter((line) => line !== '' && !/^(#|set |cd )/.test(line));
    expect(gate).toEqual([second]);
  });

  test.each(Object.entries(exitCode))('has a row for exit code %s (%i)', (_, code) => {
    expect(readme).toMatch(new RegExp(`^\\|\\s*${code}\\s*\\|`, 'm'));
  });

  test('has a row for every command of the program, and for no other', async () => {
    const told = [...readme.matchAll(/^\|\s*`rtops ([\w-]+)/gm)].map((match) => String(match[1]));
    expect(told.toSorted()).toEqual((await commandNames()).toSorted());
  });

  test('names every shipped topology and scenario', () => {
    const shipped = committedFiles().filter((file) => /^scenarios\/.*\.yaml$/.test(file));
    expect(shipped.length).toBeGreaterThanOrEqual(5);
    for (const file of shipped) {
      const name = /([\w-]+)\.yaml$/.exec(file)?.[1];
      expect(readme, file).toContain(name);
    }
  });
});

describe('every document', () => {
  test('shows only commands and options that exist', async () => {
    const options = new Map<string, string>();
    for (const name of await commandNames()) {
      options.set(name, (await newHome().run(name, '--help')).stdout);
    }
    const wrong = documents
      .flatMap((file) => commandLines(read(file)).map((line) => ({ file, line })))
      .flatMap(({ file, line }) => wrongWords(line, options).map((word) => `${file}: ${word}`));
    expect(wrong).toEqual([]);
    // Negative controls: the check must see what it is there to see.
    expect(wrongWords('rtops bench --no-such-option 1', options)).toEqual(['--no-such-option']);
    expect(wrongWords('rtops launch', options)).toEqual(['launch']);
  });

  test('links only to files that are there', () => {
    const links = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => ({
        file,
        target: join(dirname(file), match[1] ?? ''),
      })),
    );
    expect(links.length).toBeGreaterThanOrEqual(10);
    const broken = links.filter(({ target }) => !existsSync(join(root, target)));
    expect(broken.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });
});

test.each([
  ['scenario', scenarioSchema],
  ['topology', topologyShape],
] as const)('docs/scenarios.md names every field of a %s', (_, schema) => {
  const text = read('docs/scenarios.md');
  const fields = fieldsOf(z.toJSONSchema(schema, { io: 'input' }));
  expect(fields.length).toBeGreaterThanOrEqual(15);
  expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(text))).toEqual([]);
});

test('docs/thresholds.md names every metric', () => {
  const text = read('docs/thresholds.md');
  expect(metrics.length).toBeGreaterThanOrEqual(10);
  expect(metrics.map(({ name }) => name).filter((name) => !text.includes(name))).toEqual([]);
});

describe('committed files', () => {
  const ofMachine = /(^|[\s'"`(=:])\/(work|root)\//;
  const ofRegistry = /registry\.[a-z]|\/\/[\w.-]*(artifactory|verdaccio)|"resolved"/;
  const breaches = (text: string): readonly string[] =>
    text
      .split('\n')
      .filter(
        (line) =>
          ofMachine.test(line) ||
          ofRegistry.test(line) ||
          [root, homedir()].some((folder) => line.includes(`${folder}/`)),
      );

  test('name no path of a machine and no registry', () => {
    const files = committedFiles().filter((file) => !/\.(png|woff2|bin|gz)$/.test(file));
    expect(files.length).toBeGreaterThanOrEqual(60);
    // This file holds the rows that must be caught.
    const found = files
      .filter((file) => file !== 'test/docs.test.ts')
      .flatMap((file) => breaches(read(file)).map((line) => `${file}: ${line.trim()}`));
    expect(found).toEqual([]);
  });

  test.each([
    // Put together here, so that this row is not itself what it looks for.
    `const file = '${['', 'root', 'rtops', 'a.ts'].join('/')}';`,
    `see ${homedir()}/notes`,
    '"resolved": "https://example.org/a.tgz"',
    'registry=https://registry.example.org',
  ])('%s would be caught', (line) => {
    expect(breaches(line)).toEqual([line]);
  });
});

/** Names of all properties, however deep. */
function fieldsOf(schema: unknown): readonly string[] {
  if (schema === null || typeof schema !== 'object') return [];
  const own =
    'properties' in schema && typeof schema.properties === 'object' && schema.properties !== null
      ? Object.keys(schema.properties)
      : [];
  return [...new Set([...own, ...Object.values(schema).flatMap(fieldsOf)])];
}

/** Names in the list of commands that `rtops --help` prints; `help` itself left out. */
async function commandNames(): Promise<readonly string[]> {
  const { stdout } = await newHome().run('--help');
  const list = stdout.slice(stdout.indexOf('Commands:'));
  const names = [...list.matchAll(/^ {2}(\w[\w-]*)/gm)].flatMap((match) => match[1] ?? []);
  expect(names.length).toBeGreaterThanOrEqual(10);
  return names.filter((name) => name !== 'help');
}

/** What stands in code (blocks or spans) from `rtops` on, without its comment. */
function commandLines(markdown: string): readonly string[] {
  const code = [...markdown.matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap((match) =>
    (match[1] ?? match[2] ?? '').split('\n'),
  );
  return code.flatMap((line) =>
    line
      .split(/&&|\s#\s/)
      .map((part) => part.trim().replace(/^npx /, ''))
      .filter((part) => /^rtops \w/.test(part)),
  );
}

/** The command, or those of its options, that the program's help does not have. */
function wrongWords(line: string, helpOf: ReadonlyMap<string, string>): readonly string[] {
  const [, name = '', ...rest] = line.split(/\s+/);
  const help = helpOf.get(name);
  if (help === undefined) return [name];
  return rest
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/=.*/, ''))
    .filter((word) => !new RegExp(`(^|\\s)${word}(\\s|,|$)`, 'm').test(help));
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Every file but what .gitignore leaves out; works in an exported checkout too. */
function committedFiles(): readonly string[] {
  const leftOut = new Set(['node_modules', 'dist', '.git', '.rtops', 'coverage']);
  const list = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !leftOut.has(name))
      .flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return list(path);
        return entry.isFile() ? [relative(root, path).split(sep).join('/')] : [];
      });
  return list(root);
}
