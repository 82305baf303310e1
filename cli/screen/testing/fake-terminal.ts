/** A terminal of a given size that understands what Ink writes: text, cursor moves, erase, and no more. */
import { EventEmitter } from 'node:events';

import type { Output } from '../../world.ts';

export type FakeTerminal = {
  readonly output: Output;
  /** Every line so far, scrollback first; blank ones at the end left out. */
  lines(): readonly string[];
  /** What is in view: the last `rows` lines. */
  view(): readonly string[];
  /** The most lines that one frame has moved the cursor up over. */
  tallestFrame(): number;
  resize(columns: number, rows: number): void;
  readonly cursorHidden: () => boolean;
};

/** A sequence this terminal does not know is an error, so that the picture cannot be wrong unseen. */
export function fakeTerminal(columns: number, rows: number): FakeTerminal {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  let hidden = false;
  let tallest = 0;
  let upInFrame = 0;
  let size = { columns, rows };
  const write = (text: string): void => {
    // oxlint-disable-next-line no-control-regex -- escape codes are what it reads
    for (const token of text.match(/\u001B\[[?0-9;]*[A-Za-z]|\n|\r|[^\u001B\n\r]+/g) ?? [])
      apply(token);
    tallest = Math.max(tallest, upInFrame);
    upInFrame = 0;
  };
  const apply = (token: string): void => {
    if (token === '\n') {
      row += 1;
      column = 0;
      if (row >= lines.length) lines.push('');
    } else if (token === '\r') {
      column = 0;
    } else if (token.startsWith('\u001B[')) {
      control(token.slice(2, -1), token.at(-1) ?? '');
    } else {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
    }
  };
  const control = (argument: string, kind: string): void => {
    const count = argument === '' ? 1 : Number(argument);
    if (kind === 'm' || argument === '?2026') return;
    if (argument === '?25') hidden = kind === 'l';
    else if (kind === 'A') {
      row -= count;
      upInFrame += count;
      if (row < 0) throw new Error('the cursor went above the terminal');
    } else if (kind === 'B') row = Math.min(lines.length - 1, row + count);
    else if (kind === 'G') column = argument === '' ? 0 : count - 1;
    else if (kind === 'H') {
      // Positions are of what is in view, the last `rows` lines.
      const [line = 1, at = 1] = argument.split(';').map(Number);
      row = Math.max(0, lines.length - size.rows) + line - 1;
      column = at - 1;
    } else if (kind === 'K' && argument === '2') lines[row] = '';
    else if (kind === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (kind === 'J' && (argument === '' || argument === '0')) {
      lines[row] = (lines[row] ?? '').slice(0, column);
      lines.length = row + 1;
    } else throw new Error(`unknown sequence ${JSON.stringify(argument + kind)}`);
  };
  const stream = Object.assign(new EventEmitter(), {
    isTTY: true,
    write: (text: string, done?: unknown) => {
      write(text);
      if (typeof done === 'function') done();
      return true;
    },
  });
  Object.defineProperties(stream, {
    columns: { get: () => size.columns },
    rows: { get: () => size.rows },
  });
  return {
    output: {
      write,
      isTTY: true,
      get columns() {
        return size.columns;
      },
      get rows() {
        return size.rows;
      },
      stream: stream as unknown as NodeJS.WriteStream,
    },
    lines: () => {
      const last = lines.findLastIndex((line) => line.trim() !== '');
      return lines.slice(0, last + 1).map((line) => line.trimEnd());
    },
    view: () => lines.slice(-size.rows).map((line) => line.trimEnd()),
    tallestFrame: () => tallest,
    resize(toColumns, toRows) {
      size = { columns: toColumns, rows: toRows };
      stream.emit('resize');
    },
    cursorHidden: () => hidden,
  };
}
