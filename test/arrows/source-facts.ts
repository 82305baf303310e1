/** What the laws need to know of one source file, read from its syntax tree. */
import { parseSync, visitorKeys } from 'oxc-parser';

/** One import of any form: static, re-export, dynamic, `import('…').T`. */
export type Import = {
  readonly line: number;
  /** `undefined` when it is computed at run time. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
};

/** Something the tree shows: the name says what, in the words of the code. */
export type Use = { readonly line: number; readonly name: string };

export type SourceFacts = {
  readonly imports: readonly Import[];
  /** What a pure room must not do: wait, read a clock, roll dice, reach a process or the network. */
  readonly impurities: readonly Use[];
  /** Reads of the environment, the standard streams and the console. */
  readonly doorUses: readonly Use[];
};

/** Reads the facts of a source text; a file that does not parse is an error, never an empty list. */
export function readSource(file: string, text: string): SourceFacts {
  const parsed = parseSync(file, text);
  const [error] = parsed.errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  const imports: Import[] = [];
  const impurities: Use[] = [];
  const doorUses: Use[] = [];
  const lineOf = lineCounter(text);
  walk(asNode(parsed.program), undefined, (node, parent) => {
    const line = lineOf(node.start);
    const found = importOf(node);
    if (found !== undefined) imports.push({ line, ...found });
    const impurity = impurityOf(node, parent);
    if (impurity !== undefined) impurities.push({ line, name: impurity });
    const door = doorOf(node, parent);
    if (door !== undefined) doorUses.push({ line, name: door });
  });
  return { imports, impurities, doorUses };
}

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

function importOf(node: Node): Omit<Import, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      if (!isNode(node['source'])) return undefined;
      const kind = node['importKind'] ?? node['exportKind'];
      const names = Array.isArray(node['specifiers']) ? node['specifiers'].filter(isNode) : [];
      const typeOnly =
        kind === 'type' ||
        (names.length > 0 &&
          names.every((name) => (name['importKind'] ?? name['exportKind']) === 'type'));
      return { specifier: textOf(node['source']), typeOnly };
    }
    case 'ImportExpression':
      return { specifier: textOf(node['source']), typeOnly: false };
    case 'TSImportType':
      return { specifier: textOf(node['source']), typeOnly: true };
    case 'TSExternalModuleReference':
      return { specifier: textOf(node['expression']), typeOnly: false };
    default:
      return undefined;
  }
}

const impureGlobals = new Set([
  'process',
  'console',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'Promise',
  'WebSocket',
]);

function impurityOf(node: Node, parent: Node | undefined): string | undefined {
  if (node['async'] === true) return 'async';
  switch (node.type) {
    case 'AwaitExpression':
      return 'await';
    case 'ForOfStatement':
      return node['await'] === true ? 'for await' : undefined;
    case 'ImportExpression':
      return 'import()';
    case 'MetaProperty':
      return isNamed(node['meta'], 'import') ? 'import.meta' : undefined;
    case 'MemberExpression':
      if (isMember(node, 'Date', 'now')) return 'Date.now';
      return isMember(node, 'Math', 'random') ? 'Math.random' : undefined;
    case 'NewExpression':
      // `new Date(ms)` is arithmetic; without an argument it is the clock.
      return isNamed(node['callee'], 'Date') && isEmpty(node['arguments'])
        ? 'new Date()'
        : undefined;
    case 'CallExpression':
      return isNamed(node['callee'], 'Date') ? 'Date()' : undefined;
    case 'Identifier': {
      const name = String(node['name']);
      return impureGlobals.has(name) && isReference(node, parent) ? name : undefined;
    }
    default:
      return undefined;
  }
}

const doorsOfProcess = ['env', 'stdout', 'stderr', 'stdin', 'argv', 'exit'];

function doorOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const door = doorsOfProcess.find((name) => isMember(node, 'process', name));
    return door === undefined ? undefined : `process.${door}`;
  }
  if (isNamed(node, 'console') && isReference(node, parent)) return 'console';
  // `const { env } = process` and `import process from 'node:process'` are the same door.
  if (isNamed(node, 'process') && parent?.['init'] === node) return 'process';
  if (node.type === 'ImportDeclaration' && isNode(node['source'])) {
    const from = textOf(node['source']) ?? '';
    return /^(node:)?(process|console)$/.test(from) ? from : undefined;
  }
  return undefined;
}

/** Whether an Identifier stands for a value, not for a property's or a type's name. */
function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  if (/^TS(TypeReference|QualifiedName)/.test(parent.type)) return false;
  if (/^(Import|Export)\w*Specifier$/.test(parent.type)) return false;
  const isOwnName = parent['property'] === node || parent['key'] === node;
  return !isOwnName || parent['computed'] === true;
}

function isMember(node: Node, object: string, property: string): boolean {
  if (!isNamed(node['object'], object)) return false;
  return isNamed(node['property'], property) || textOf(node['property']) === property;
}

function isNamed(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value['name'] === name;
}

function textOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Literal') return String(value['value']);
  if (value.type !== 'TemplateLiteral' || !isEmpty(value['expressions'])) return undefined;
  const [only] = Array.isArray(value['quasis']) ? value['quasis'].filter(isNode) : [];
  const text = only?.['value'];
  return typeof text === 'object' && text !== null && 'cooked' in text
    ? String(text.cooked)
    : undefined;
}

function walk(
  node: Node,
  parent: Node | undefined,
  visit: (node: Node, parent: Node | undefined) => void,
): void {
  visit(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, node, visit);
    }
  }
}

function asNode(value: unknown): Node {
  if (!isNode(value)) throw new Error('the parser gave no tree');
  return value;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function lineCounter(text: string): (offset: number) => number {
  return (offset) => text.slice(0, offset).split('\n').length;
}
