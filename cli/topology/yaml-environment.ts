/** `${NAME}` and `${NAME:-default}` in the values of a YAML document, from a given environment. */
import { Scalar, visit } from 'yaml';
import type { Document } from 'yaml';

/** Variables as given; the process's own environment only when a caller passes it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Something wrong at an offset of the text. */
export type TextProblem = { readonly offset: number; readonly sentence: string };

/**
 * Puts values in place of `${NAME}` in every scalar value of the document (not in keys). `$${` is a
 * literal `${`. An unquoted scalar is read again, so `${USERS}` can be a number; a quoted one stays
 * text. Values cannot bring structure: they are never parsed as YAML.
 *
 * @returns the scalars that hold something from the environment (never to be printed), and what is
 * wrong. A default is in the file and may be printed.
 */
export function substituteEnvironment(
  document: Document.Parsed,
  env: Environment,
): { readonly secrets: WeakSet<object>; readonly problems: readonly TextProblem[] } {
  const secrets = new WeakSet<object>();
  const problems: TextProblem[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const offset = node.range?.[0] ?? 0;
      let secret = false;
      const text = node.value.replace(/\$\$\{|\$\{([^}]*)\}?/g, (whole, inside?: string) => {
        if (inside === undefined) return '${';
        const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside);
        if (match === null || !whole.endsWith('}')) {
          problems.push({
            offset,
            sentence: `${whole} is not a variable; expected \${NAME} or \${NAME:-default} ($\${ is a literal \${)`,
          });
          return whole;
        }
        const [, name = '', fallback] = match;
        const value = env[name];
        if (value !== undefined && !(value === '' && fallback !== undefined)) {
          secret = true;
          return value;
        }
        if (fallback !== undefined) return fallback;
        problems.push({
          offset,
          sentence: `${name} is not set in the environment and has no default; set it, or write \${${name}:-value}`,
        });
        return whole;
      });
      node.value = node.type === Scalar.PLAIN ? plainValue(text) : text;
      if (secret) secrets.add(node);
    },
  });
  return { secrets, problems };
}

/** The value of an unquoted scalar by YAML's core schema, without structure. */
export function plainValue(text: string): string | number | boolean | null {
  if (text === '' || text === '~' || text === 'null') return null;
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
}
