/** From `--reporter` words to renderers. */
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import { chooseReporter, createRenderer } from '../screen/renderer.ts';
import type { Renderer } from '../screen/renderer.ts';
import type { Output, World } from '../world.ts';

export type Renderers = Disposable & {
  readonly all: readonly Renderer[];
  /** Where the end summary goes: not among the JSON on stdout; `null` where `quiet` alone was asked for. */
  readonly summaryOn: Output | null;
};

const kinds = ['ink', 'plain', 'json', 'github', 'quiet'] as const;
type Kind = (typeof kinds)[number];

export type RendererWishes = {
  /** `--reporter`; none: what suits the terminal. */
  readonly words: readonly string[];
  /** stdout belongs to the one JSON document. */
  readonly json: boolean;
  /** Files of reporters hold earlier runs of the same series: they are added to. */
  readonly adds: boolean;
};

/** Opens one renderer a word. Disposing closes their files. */
export async function openRenderers(
  world: World,
  { words, json, adds }: RendererWishes,
): Promise<Renderers> {
  const out = json ? world.stderr : world.stdout;
  const asked: readonly Asked[] =
    words.length === 0
      ? [{ kind: json ? 'plain' : chooseReporter(world), file: null }]
      : words.map(parseReporter);
  const files: FileOutput[] = [];
  const openFile = (file: string): FileOutput => {
    const opened = fileOutput(world, resolve(world.cwd, file), adds);
    files.push(opened);
    return opened;
  };
  const isJsonOn = (to: Output): boolean =>
    out === to && asked.some(({ kind, file }) => kind === 'json' && file === null);
  return {
    all: await Promise.all(
      asked.map(({ kind, file }) =>
        createRenderer(kind, world, file === null ? out : openFile(file)),
      ),
    ),
    summaryOn: asked.every(({ kind }) => kind === 'quiet')
      ? null
      : isJsonOn(world.stdout)
        ? world.stderr
        : out,
    [Symbol.dispose]() {
      for (const file of files) file.close();
    },
  };
}

type Asked = { readonly kind: Kind; readonly file: string | null };

function parseReporter(word: string): Asked {
  const [, name = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const kind = kinds.find((known) => known === name);
  if (kind === undefined || file === '') {
    throw new Failure(exitCode.usage, `--reporter ${word} is not a reporter`, {
      why: `known are ${kinds.join(', ')}, each alone or as name=FILE`,
      next: 'rtops bench --reporter plain',
    });
  }
  return { kind, file: file ?? null };
}

type FileOutput = Output & { close(): void };

/** Written at once: what a run said is in the file, whatever ends rtops. */
function fileOutput(world: World, path: string, adds: boolean): FileOutput {
  let fd: number | undefined;
  try {
    fd = openSync(path, adds ? 'a' : 'w');
  } catch (error) {
    throw new Failure(exitCode.usage, `--reporter cannot write ${path}`, { why: messageOf(error) });
  }
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  return {
    write(text) {
      if (fd === undefined) return;
      try {
        appendFileSync(fd, text);
      } catch (error) {
        world.stderr.write(`rtops: --reporter: ${path} ends early: ${messageOf(error)}\n`);
        close();
      }
    },
    close,
    isTTY: false,
    columns: 80,
    rows: 24,
    stream: undefined,
  };
}
