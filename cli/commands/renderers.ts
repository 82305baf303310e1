/** From `--reporter` words to renderers. */
import { appendFileSync, createWriteStream } from 'node:fs';
import { resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { chooseReporter, createRenderer } from '../screen/renderer.ts';
import type { Renderer } from '../screen/renderer.ts';
import type { Output, World } from '../world.ts';

export type Renderers = {
  readonly all: readonly Renderer[];
  /** `quiet` was asked for: the end summary is not printed either. */
  readonly quiet: boolean;
  /** `github`: the summary goes to the job's page as well. */
  readonly github: boolean;
};

const kinds = ['ink', 'plain', 'json', 'github', 'quiet'] as const;
type Kind = (typeof kinds)[number];

/** Opens one renderer a word; without words, what suits the terminal. */
export async function openRenderers(
  world: World,
  words: readonly string[],
  jsonOnStdout: boolean,
): Promise<Renderers> {
  // stdout belongs to the one JSON document.
  const out = jsonOnStdout ? world.stderr : world.stdout;
  const asked: readonly { kind: Kind; out: Output }[] =
    words.length === 0
      ? [{ kind: jsonOnStdout ? 'plain' : chooseReporter(world), out }]
      : words.map((word) => parseReporter(world, word, out));
  return {
    all: await Promise.all(asked.map(({ kind, out: to }) => createRenderer(kind, world, to))),
    quiet: asked.length > 0 && asked.every(({ kind }) => kind === 'quiet'),
    github: asked.some(({ kind }) => kind === 'github'),
  };
}

function parseReporter(world: World, word: string, out: Output): { kind: Kind; out: Output } {
  const [name = '', file] = word.split('=', 2);
  const kind = kinds.find((known) => known === name);
  if (kind === undefined || file === '') {
    throw new Failure(exitCode.usage, `--reporter ${word} is not a reporter`, {
      why: `known are ${kinds.join(', ')}, each alone or as name=FILE`,
      next: 'rtops bench --reporter plain',
    });
  }
  return { kind, out: file === undefined ? out : fileOutput(resolve(world.cwd, file)) };
}

function fileOutput(path: string): Output {
  try {
    appendFileSync(path, '');
  } catch (error) {
    throw new Failure(exitCode.usage, `--reporter cannot write ${path}`, {
      why: error instanceof Error ? error.message : String(error),
    });
  }
  const stream = createWriteStream(path);
  stream.on('error', () => undefined);
  return {
    write: (text) => void stream.write(text),
    isTTY: false,
    columns: 80,
    rows: 24,
    stream: undefined,
  };
}
