/** Puts values in place of `$x`, `${x}`, `${x:format}` and `[[x]]`, as Grafana's Prometheus source does. */

/** What a variable stands for just now. */
export type Chosen = {
  readonly values: readonly string[];
  /** Put in as it is, in place of the values: a custom all value, or a span of time. */
  readonly literal: string | null;
  /** What people read in place of the values. */
  readonly text?: string;
  /** `true` for multi-value variables: their values become a regular expression by default. */
  readonly asRegex: boolean;
};

/** Every variable that may be named, the built-in ones too. */
export type Scope = Readonly<Record<string, Chosen>>;

export type Interpolated = {
  readonly text: string;
  /** Names that no variable has; they stay in the text as they are. */
  readonly unknown: readonly string[];
};

const places =
  /\$(?<bare>\w+)|\$\{(?<braced>\w+)(?:\.[^:}]+)?(?::(?<format>[^}]+))?\}|\[\[(?<old>\w+)(?::(?<oldFormat>\w+))?\]\]/g;

/** @param unformatted how a place without a format of its own is written: for PromQL, for people, or as it is */
export function interpolate(
  text: string,
  scope: Scope,
  unformatted: 'promql' | 'text' | 'raw' = 'promql',
): Interpolated {
  const unknown: string[] = [];
  const filled = text.replace(places, (...found) => {
    const groups: Readonly<Record<string, string | undefined>> = found.at(-1);
    const name = groups['bare'] ?? groups['braced'] ?? groups['old'] ?? '';
    const chosen = Object.hasOwn(scope, name) ? scope[name] : undefined;
    if (chosen === undefined) {
      // `$1` is a group of label_replace.
      if (!/^\d+$/.test(name)) unknown.push(name);
      return String(found[0]);
    }
    return format(chosen, groups['format'] ?? groups['oldFormat'] ?? unformatted);
  });
  return { text: filled, unknown };
}

/** A value that stands for itself, as `$__interval`. */
export function literally(text: string): Chosen {
  return { values: [text], literal: text, asRegex: false };
}

function format({ values, literal, text, asRegex }: Chosen, how: string): string {
  if (how === 'text' && text !== undefined) return text;
  if (literal !== null) return literal;
  const [first = ''] = values;
  switch (how) {
    case 'promql':
      if (!asRegex) return inPromqlText(first);
      return alternatives(values.map((value) => inPromqlText(escapeRegex(value, promqlSpecial))));
    case 'regex':
      return alternatives(values.map((value) => escapeRegex(value, special)));
    case 'pipe':
      return values.join('|');
    case 'raw':
    case 'csv':
      return values.join(',');
    case 'text':
      return values.join(' + ');
    case 'json':
      return JSON.stringify(values.length > 1 ? values : first);
    case 'doublequote':
      return values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(',');
    case 'singlequote':
      return values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(',');
    case 'percentencode':
      return encodeURIComponent(values.length > 1 ? `{${values.join(',')}}` : first);
    default:
      return values.length > 1 ? `{${values.join(',')}}` : first;
  }
}

function alternatives(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `(${values.join('|')})`;
}

const special = /[\\^$.*+?()[\]{}|/]/g;
/** The Prometheus source leaves a slash as it is. */
const promqlSpecial = /[\\^$.*+?()[\]{}|]/g;

function escapeRegex(value: string, characters: RegExp): string {
  return value.replace(characters, String.raw`\$&`);
}

/** As it must stand between the quotes of a PromQL string. */
function inPromqlText(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`);
}
