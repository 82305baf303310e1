/** YAML text to a checked value; every error of the file with its line, column and what was expected. */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { explainIssues } from './schema-issues.ts';
import type { IssuePath } from './schema-issues.ts';
import { substituteEnvironment } from './yaml-environment.ts';
import type { Environment, TextProblem } from './yaml-environment.ts';

/** A file as read: its text, the name to print, and the variables it may use. */
export type YamlSource = {
  readonly text: string;
  readonly fileName: string;
  readonly env: Environment;
};

/** More than this many errors of one file are counted, not listed. */
const mostProblems = 10;

/**
 * Parses, puts the environment in, and validates by `schema` (output type `T`).
 *
 * @param next the command that tells what may be written, for the error.
 * @returns the value, and the plain data it was made from.
 * @throws Failure `badFile` with all errors of the file (at most 10 are listed). A value that came
 * from the environment is never in it.
 */
export function readYaml<T>(
  source: YamlSource,
  schema: z.ZodType<T>,
  next: string,
): { readonly value: T; readonly data: unknown } {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false });
  const fail = (problems: readonly TextProblem[]): never => {
    throw failure(source, lines, problems, next);
  };
  if (document.errors.length > 0) {
    fail(document.errors.map((error) => ({ offset: error.pos[0], sentence: error.message })));
  }
  const strays = aliasesWithoutAnchor(document);
  if (strays.length > 0) fail(strays);
  const { secrets, problems } = substituteEnvironment(document, source.env);
  if (problems.length > 0) fail(problems);
  const data = plainData(document, fail);
  if (data === null) fail([{ offset: 0, sentence: 'the file is empty; expected a map of keys' }]);
  const result = schema.safeParse(data);
  if (result.success) return { value: result.data, data };
  return fail(
    explainIssues(result.error.issues, schema, data, (path) =>
      holdsSecret(document, path, secrets),
    ).map(({ path, sentence, atKey }) => ({ offset: offsetOf(document, path, atKey), sentence })),
  );
}

function aliasesWithoutAnchor(document: Document.Parsed): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) !== undefined) return;
      problems.push({
        offset: node.range?.[0] ?? 0,
        sentence: `*${node.source} has no anchor &${node.source} before it`,
      });
    },
  });
  return problems;
}

function plainData(document: Document.Parsed, fail: (problems: TextProblem[]) => never): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // The library throws on aliases that would grow without end.
    return fail([{ offset: 0, sentence: error instanceof Error ? error.message : String(error) }]);
  }
}

function failure(
  source: YamlSource,
  lines: LineCounter,
  problems: readonly TextProblem[],
  next: string,
): Failure {
  const at = ({ offset, sentence }: TextProblem): string => {
    const { line, col } = lines.linePos(offset);
    return `${source.fileName}:${line}:${col}: ${sentence}`;
  };
  const sorted = problems.toSorted((a, b) => a.offset - b.offset);
  const [first] = sorted;
  if (first !== undefined && sorted.length === 1) {
    const { line, col } = lines.linePos(first.offset);
    // The line as written: a variable's name, never its value.
    const written = (source.text.split('\n')[line - 1] ?? '').slice(0, 120).trimEnd();
    return new Failure(exitCode.badFile, at(first), {
      evidence: written === '' ? [] : [written, `${' '.repeat(Math.min(col, 120) - 1)}^`],
      next,
    });
  }
  const listed = sorted.slice(0, mostProblems).map(at);
  if (sorted.length > mostProblems) listed.push(`and ${sorted.length - mostProblems} more`);
  return new Failure(exitCode.badFile, `${source.fileName} has ${sorted.length} errors`, {
    evidence: listed,
    next,
  });
}

/** Where in the text a path is: the value, its key, or the nearest thing above that exists. */
function offsetOf(document: Document.Parsed, path: IssuePath, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    node = resolved(document, node);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (pair === undefined) return offset;
      const isLast = depth === path.length - 1;
      offset = (isLast && atKey ? undefined : startOf(pair.value)) ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Whether anything at or below the path came from the environment, aliases followed. */
function holdsSecret(
  document: Document.Parsed,
  path: IssuePath,
  secrets: WeakSet<object>,
): boolean {
  let node: unknown = document.contents;
  for (const step of path) {
    node = resolved(document, node);
    if (!isMap(node) && !isSeq(node)) return false;
    node = node.get(step, true);
  }
  node = resolved(document, node);
  if (!isNode(node)) return false;
  let found = false;
  visit(node, {
    Node(_key, below) {
      const real = resolved(document, below);
      if (typeof real === 'object' && real !== null && secrets.has(real)) found = true;
    },
  });
  return found;
}

function resolved(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}
