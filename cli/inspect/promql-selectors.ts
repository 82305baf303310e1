/**
 * The vector selectors of a PromQL expression: what it asks Prometheus for. A scanner, not a parser:
 * whether the expression is valid is for Prometheus to say. A test holds it against the real grammar.
 */

export type Matcher = {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
};

export type Selector = {
  /** `null` where only labels are asked for. */
  readonly metric: string | null;
  /** Without the metric's name. */
  readonly matchers: readonly Matcher[];
  /** `10s` of `x[10s]`; `null` for an instant selector. */
  readonly range: string | null;
  /** As written, without range, offset and @. */
  readonly text: string;
};

type Token = {
  readonly kind: 'name' | 'text' | 'number' | 'mark';
  readonly value: string;
  readonly from: number;
  readonly to: number;
};

/** Words with a list of labels behind them. */
const grouping = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'];
const keywords = ['and', 'or', 'unless', 'atan2', 'bool', 'offset', 'inf', 'nan'];

/** In the order they are written; a selector that is written twice is there twice. */
export function promqlSelectors(expr: string): readonly Selector[] {
  const tokens = scan(expr);
  const found: Selector[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    if (token === undefined) break;
    const next = tokens[at + 1];
    if (token.kind === 'name' && grouping.includes(token.value.toLowerCase())) {
      at = next?.value === '(' ? after(tokens, at + 1, ')') : at + 1;
    } else if (isWord(token, next)) {
      at += 1;
    } else if (token.kind === 'name' || token.value === '{') {
      const { selector, next: behind } = readSelector(expr, tokens, at);
      found.push(selector);
      at = behind;
    } else {
      // The range of a subquery holds durations, which are no selectors.
      at = token.value === '[' ? after(tokens, at, ']') : at + 1;
    }
  }
  return found;
}

/** A function, an aggregation or a keyword: a name that asks for nothing. */
function isWord(token: Token, next: Token | undefined): boolean {
  if (token.kind !== 'name') return false;
  if (next?.value === '(') return true;
  if (keywords.includes(token.value.toLowerCase())) return true;
  return next?.kind === 'name' && ['by', 'without'].includes(next.value.toLowerCase());
}

function readSelector(
  expr: string,
  tokens: readonly Token[],
  start: number,
): { readonly selector: Selector; readonly next: number } {
  const first = tokens[start];
  let metric = first?.kind === 'name' ? first.value : null;
  let at = metric === null ? start : start + 1;
  let matchers: readonly Matcher[] = [];
  if (tokens[at]?.value === '{') {
    const end = after(tokens, at, '}');
    const inside = readMatchers(tokens.slice(at + 1, end - 1));
    metric ??= inside.metric;
    matchers = inside.matchers;
    at = end;
  }
  const text = expr.slice(first?.from ?? 0, tokens[at - 1]?.to ?? expr.length);
  let range: string | null = null;
  if (tokens[at]?.value === '[') {
    const end = after(tokens, at, ']');
    const written = expr.slice(tokens[at]?.to ?? 0, tokens[end - 1]?.from ?? expr.length).trim();
    range = written.includes(':') ? null : written;
    at = end;
  }
  return { selector: { metric, matchers, range, text }, next: at };
}

function readMatchers(tokens: readonly Token[]): {
  readonly metric: string | null;
  readonly matchers: readonly Matcher[];
} {
  const matchers: Matcher[] = [];
  let metric: string | null = null;
  for (let at = 0; at < tokens.length; at += 1) {
    const label = tokens[at];
    const op = operator(tokens[at + 1]?.value);
    const value = tokens[at + 2];
    if (label === undefined || label.value === ',') continue;
    if (op === undefined || value === undefined) {
      // Prometheus 3 writes a metric's name as a text of its own: {"metric", label="x"}.
      if (label.kind === 'text') metric ??= label.value;
      continue;
    }
    if (label.value === '__name__' && op === '=') metric ??= value.value;
    else matchers.push({ label: label.value, op, value: value.value });
    at += 2;
  }
  return { metric, matchers };
}

function operator(text: string | undefined): Matcher['op'] | undefined {
  return text === '=' || text === '!=' || text === '=~' || text === '!~' ? text : undefined;
}

/** The place behind the next `close`; the end where there is none. */
function after(tokens: readonly Token[], from: number, close: string): number {
  const found = tokens.findIndex(
    (token, index) => index > from && token.kind === 'mark' && token.value === close,
  );
  return found < 0 ? tokens.length : found + 1;
}

const shapes =
  /\s+|#[^\n]*|(?<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?<name>[a-zA-Z_:][\w:]*)|(?<number>[\d.][\w.]*)|(?<mark>=~|!~|!=|==|>=|<=|[^\s])/g;

function scan(expr: string): readonly Token[] {
  return [...expr.matchAll(shapes)].flatMap((match): readonly Token[] => {
    const { text, name, number, mark } = match.groups ?? {};
    const place = { from: match.index, to: match.index + match[0].length };
    if (text !== undefined) return [{ kind: 'text', value: unquoted(text), ...place }];
    if (name !== undefined) return [{ kind: 'name', value: name, ...place }];
    if (number !== undefined) return [{ kind: 'number', value: number, ...place }];
    return mark === undefined ? [] : [{ kind: 'mark', value: mark, ...place }];
  });
}

function unquoted(text: string): string {
  const inside = text.slice(1, -1);
  return text.startsWith('`') ? inside : inside.replace(/\\(.)/g, (_, char: string) => char);
}
