/** What a schema found wrong, as sentences: the path, the value, what was expected, the nearest name. */
import { z } from 'zod';

import { nearestName } from '../failure.ts';

/** A path into a document: keys of maps and places in lists. */
export type IssuePath = readonly (string | number)[];

/** One thing wrong. `atKey`: the key itself is what is wrong, not its value. */
export type ExplainedIssue = {
  readonly path: IssuePath;
  readonly sentence: string;
  readonly atKey: boolean;
};

/**
 * Sentences for zod's issues about `data`.
 *
 * @param isSecret whether the value at a path must not be printed.
 */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  data: unknown,
  isSecret: (path: IssuePath) => boolean,
): readonly ExplainedIssue[] {
  const root = z.toJSONSchema(schema, { io: 'input' });
  const all = issues.flatMap((issue) => explain(issue, [], { root, data, isSecret }));
  // A value may break two rules that are one to people: no safe integer, and too large.
  const sentences = all.map(({ sentence }) => sentence);
  return all.filter(({ sentence }, index) => sentences.indexOf(sentence) === index);
}

type Context = {
  readonly root: JsonSchema;
  readonly data: unknown;
  readonly isSecret: (path: IssuePath) => boolean;
};

type JsonSchema = z.core.JSONSchema.BaseSchema;

function explain(
  issue: z.core.$ZodIssue,
  above: IssuePath,
  context: Context,
): readonly ExplainedIssue[] {
  const path = [
    ...above,
    ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
  ];
  const nodes = nodesAt(context.root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        atKey: true,
        sentence: unknownKey(key, path, nodes),
      }));
    case 'invalid_union': {
      // The branch of the written shape: the one that did not stop at the value's own type.
      const deeper = issue.errors.find((errors) =>
        errors.every(
          ({ code, path: below }) =>
            below.length > 0 || (code !== 'invalid_type' && code !== 'invalid_union'),
        ),
      );
      if (deeper !== undefined) return deeper.flatMap((one) => explain(one, path, context));
      break;
    }
    case 'custom':
      if (issue.params?.['fromTitle'] === true) break;
      return [{ path, atKey: false, sentence: customSentence(issue, path, context) }];
    default:
      break;
  }
  return [{ path, atKey: false, sentence: wrongValue(path, nodes, context) }];
}

function unknownKey(key: string, path: IssuePath, nodes: readonly JsonSchema[]): string {
  const known = nodes.flatMap((node) => Object.keys(node.properties ?? {}));
  const near = nearestName(key, known);
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`;
  const hint =
    near === undefined
      ? `expected one of ${known.join(', ')}`
      : `did you mean ${JSON.stringify(near)}?`;
  return `unknown key ${JSON.stringify(key)}${where}; ${hint}`;
}

/** A rule's own sentence; its `detail` may quote the value, so it is left out for a secret one. */
function customSentence(issue: z.core.$ZodIssueCustom, path: IssuePath, context: Context): string {
  const detail: unknown = issue.params?.['detail'];
  if (typeof detail !== 'string') return issue.message;
  return context.isSecret(path) ? `${pathText(path)} ${issue.message}` : detail;
}

function wrongValue(path: IssuePath, nodes: readonly JsonSchema[], context: Context): string {
  const expected = nodes.map(expectation).join(' or ');
  const value = valueAt(context.data, path);
  const name = path.length === 0 ? 'the file' : pathText(path);
  if (value === undefined) return `${name} is missing; expected ${expected}`;
  if (context.isSecret(path)) {
    return `${name} has a value from the environment (not shown) that does not fit; expected ${expected}`;
  }
  if (Array.isArray(value) && value.length === 0) {
    return `${name} is empty; expected at least one ${itemName(path)}`;
  }
  const names = nodes.flatMap((node) => (node.enum ?? []).filter((one) => typeof one === 'string'));
  const near = typeof value === 'string' ? nearestName(value, names) : undefined;
  return `${name} is ${valueText(value)}; expected ${expected}${
    near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
  }`;
}

/** What one entry of a list is called: `stages` → `stage`. */
function itemName(path: IssuePath): string {
  const last = path.at(-1);
  return typeof last === 'string' && last.endsWith('s') ? last.slice(0, -1) : 'entry';
}

/** "a whole number from 1 to 64", from the JSON Schema of the field. */
function expectation(node: JsonSchema): string {
  if (node.title !== undefined) return node.title;
  if (node.enum !== undefined) return `one of ${node.enum.map(String).join(', ')}`;
  if (node.anyOf !== undefined) {
    return node.anyOf.map((one) => expectation(one as JsonSchema)).join(' or ');
  }
  switch (node.type) {
    case 'integer':
      return `a whole number${range(node)}`;
    case 'number':
      return `a number${range(node)}`;
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return node.minItems === undefined ? 'a list' : `a list of at least ${node.minItems}`;
    case 'object':
      return `a map with ${Object.keys(node.properties ?? {}).join(', ')}`;
    case 'null':
      return 'null';
    default:
      return 'another value';
  }
}

function range({ minimum, maximum }: JsonSchema): string {
  // zod writes the limits of safe integers where a field sets none.
  const isSet = (limit: number | undefined): limit is number =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  if (isSet(minimum))
    return isSet(maximum) ? ` from ${minimum} to ${maximum}` : ` of at least ${minimum}`;
  return isSet(maximum) ? ` of at most ${maximum}` : '';
}

/** The schemas that may describe a path; several where a value may have several shapes. */
function nodesAt(root: JsonSchema, path: IssuePath): readonly JsonSchema[] {
  let nodes: readonly JsonSchema[] = [root];
  for (const step of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const below = typeof step === 'number' ? node.items : node.properties?.[step];
      return typeof below === 'object' && !Array.isArray(below) ? [below as JsonSchema] : [];
    });
  }
  return nodes.flatMap(alternatives);
}

function alternatives(node: JsonSchema): readonly JsonSchema[] {
  if (node.anyOf === undefined || node.title !== undefined) return [node];
  return node.anyOf.flatMap((one) => alternatives(one as JsonSchema));
}

function valueAt(data: unknown, path: IssuePath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** `stages[1].duration`. */
function pathText(path: IssuePath): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}
