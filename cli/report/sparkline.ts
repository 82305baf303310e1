/** Small charts as text: one line of blocks, several lines of braille dots, a bar. Pure ASCII on request. */

const blocks = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const asciiBlocks = [' ', '_', '.', '-', '=', '+', '*', '#', '@'] as const;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

type Series = readonly (number | null)[];

/**
 * The last `width` values as one character each, the highest of them at full height.
 * A value above 0 is never shown as nothing; `null` is a gap.
 */
export function sparkline(values: Series, width: number, ascii: boolean): string {
  const shown = values.slice(-Math.max(0, width));
  const max = highest(shown);
  const levels = ascii ? asciiBlocks : blocks;
  return shown.map((value) => levels[levelOf(value, max, 8)] ?? ' ').join('');
}

/**
 * A filled chart of `height` lines. Braille holds two values and four steps a character; ASCII one
 * value and two steps. The newest value is at the right edge.
 * @returns lines of `width` characters, the top one first
 */
export function areaChart(
  values: Series,
  width: number,
  height: number,
  ascii: boolean,
): readonly string[] {
  if (width <= 0 || height <= 0) return [];
  return ascii ? asciiArea(values, width, height) : brailleArea(values, width, height);
}

/**
 * The values laid over `columns` columns so that `total` of them would fill all: what is still to
 * come is a gap at the right. A column that holds several values shows the highest.
 */
export function stretch(values: Series, total: number, columns: number): Series {
  const count = Math.max(total, values.length, 1);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * count) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * count) / columns));
    const own = values.slice(from, to).filter((value) => value !== null);
    return own.length === 0 ? null : Math.max(...own);
  });
}

/** A horizontal bar of `width` characters, `share` of it full (0–1; more is full). */
export function bar(share: number, width: number, ascii: boolean): string {
  if (width <= 0) return '';
  const part = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  if (ascii) {
    const full = Math.round(part * width);
    return '#'.repeat(full) + '.'.repeat(width - full);
  }
  const steps = Math.round(part * width * 8);
  const full = Math.floor(steps / 8);
  const rest = eighths[steps % 8] ?? '';
  return '█'.repeat(full) + rest + '░'.repeat(width - full - (rest === '' ? 0 : 1));
}

/** Dots of one braille column from the bottom up (Unicode U+2800: bits 6,2,1,0 and 7,5,4,3). */
const leftDots = [0x40, 0x04, 0x02, 0x01] as const;
const rightDots = [0x80, 0x20, 0x10, 0x08] as const;

function brailleArea(values: Series, width: number, height: number): readonly string[] {
  const columns = lastPadded(values, width * 2);
  const max = highest(columns);
  const levels = columns.map((value) => levelOf(value, max, height * 4));
  return Array.from({ length: height }, (_, line) => {
    const floor = (height - 1 - line) * 4;
    let text = '';
    for (let at = 0; at < width; at += 1) {
      const left = dotsAbove(levels[at * 2] ?? 0, floor, leftDots);
      const right = dotsAbove(levels[at * 2 + 1] ?? 0, floor, rightDots);
      text += left + right === 0 ? ' ' : String.fromCharCode(0x2800 + left + right);
    }
    return text;
  });
}

function dotsAbove(level: number, floor: number, dots: readonly number[]): number {
  let bits = 0;
  for (let step = 0; step < Math.min(4, level - floor); step += 1) bits += dots[step] ?? 0;
  return bits;
}

function asciiArea(values: Series, width: number, height: number): readonly string[] {
  const columns = lastPadded(values, width);
  const max = highest(columns);
  const levels = columns.map((value) => levelOf(value, max, height * 2));
  return Array.from({ length: height }, (_, line) => {
    const floor = (height - 1 - line) * 2;
    return levels
      .map((level) => (level >= floor + 2 ? '|' : level === floor + 1 ? '.' : ' '))
      .join('');
  });
}

function lastPadded(values: Series, count: number): Series {
  const shown = values.slice(-count);
  return [...Array.from({ length: count - shown.length }, () => null), ...shown];
}

function highest(values: Series): number {
  return values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
}

function levelOf(value: number | null, max: number, steps: number): number {
  if (value === null || value <= 0 || max <= 0) return 0;
  return Math.max(1, Math.round((value / max) * steps));
}
