/** How many columns text takes in a terminal: Hangul, CJK and emoji take two, marks none. */

/** East Asian wide and fullwidth blocks (Unicode UAX #11), and the emoji planes. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
const zero = /[\p{M}\u200B-\u200D\u2060]/u;

/** Columns of text without colour codes. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const char of text) columns += widthOf(char);
  return columns;
}

/** The longest beginning of the text that takes at most `columns`. */
export function takeColumns(text: string, columns: number): string {
  let taken = '';
  let used = 0;
  for (const char of text) {
    used += widthOf(char);
    if (used > columns) break;
    taken += char;
  }
  return taken;
}

/** `padEnd` by columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

function widthOf(char: string): number {
  if (char < '\u0300') return 1;
  if (zero.test(char)) return 0;
  return wide.test(char) ? 2 : 1;
}
