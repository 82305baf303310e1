/** Colour and symbols of a text terminal, as values: nothing here knows whether there is one. */

import type { Verdict } from '../verdict/judge.ts';
import { displayWidth, takeColumns } from './display-width.ts';

/** What the place that shows the text can do. */
export type TextStyle = {
  readonly color: boolean;
  /** `true` where only ASCII can be trusted (TERM=linux, a locale without UTF-8). */
  readonly ascii: boolean;
};

/** The meanings that colour carries, always beside a symbol or a word. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'accent';

export type Symbols = {
  readonly pass: string;
  readonly fail: string;
  readonly noData: string;
  readonly warn: string;
  readonly dot: string;
  readonly arrow: string;
  readonly rule: string;
  readonly ellipsis: string;
};

const unicodeSymbols: Symbols = {
  pass: '✓',
  fail: '✗',
  noData: '–',
  warn: '!',
  dot: '·',
  arrow: '→',
  rule: '─',
  ellipsis: '…',
};

const asciiSymbols: Symbols = {
  pass: '+',
  fail: 'x',
  noData: '-',
  warn: '!',
  dot: '|',
  arrow: '->',
  rule: '-',
  ellipsis: '..',
};

export function symbolsOf(style: TextStyle): Symbols {
  return style.ascii ? asciiSymbols : unicodeSymbols;
}

const verdictTones = { pass: 'good', fail: 'bad', 'no-data': 'warn' } as const;

/** The symbol of a verdict, and its tone. */
export function verdictSign(
  verdict: Verdict,
  style: TextStyle,
): { readonly mark: string; readonly tone: Tone } {
  const { pass, fail, noData } = symbolsOf(style);
  return { mark: { pass, fail, 'no-data': noData }[verdict], tone: verdictTones[verdict] };
}

/** ECMA-48 SGR numbers: on, off. */
const sgr: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  accent: [36, 39],
  dim: [2, 22],
  strong: [1, 22],
};

/** The text in a tone, or as it is where colour is not wanted. */
export function paint(style: TextStyle, tone: Tone, text: string): string {
  if (!style.color || text === '') return text;
  const [on, off] = sgr[tone];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

/** Text that somebody else wrote, made safe for a terminal: no control characters, no line breaks. */
export function plainText(text: string): string {
  return withoutControls(text.replace(/\s+/g, ' '));
}

/** One line that somebody else had a part in, its spaces kept. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it takes out
  return text.replace(/[\u0000-\u001F\u007F-\u009F]/g, '');
}

/** At most `width` columns; what is cut is shown by an ellipsis. */
export function fit(text: string, width: number, style: TextStyle): string {
  if (displayWidth(text) <= width) return text;
  const mark = symbolsOf(style).ellipsis;
  if (width <= mark.length) return takeColumns(text, Math.max(0, width));
  return takeColumns(text, width - mark.length).trimEnd() + mark;
}

/** Words laid into lines of at most `width` columns; a longer word is cut. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (displayWidth(word) > width) {
      const part = takeColumns(word, width) || word.slice(0, 1);
      lines.push(part);
      word = word.slice(part.length);
    }
    line = word;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** {@link wrapWords} in at most `most` lines; what is cut is shown by an ellipsis. */
export function wrapAtMost(
  text: string,
  width: number,
  most: number,
  style: TextStyle,
): readonly string[] {
  const lines = wrapWords(text, width);
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most - 1), fit(lines.slice(most - 1).join(' '), width, style)];
}
