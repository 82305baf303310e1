/** The outcome of a self-check as text. */
import { plural } from './format.ts';
import { paint, symbolsOf } from './text-style.ts';
import type { TextStyle } from './text-style.ts';

/** What the ledger made of one server. `sabotage` is `null` for the honest one. */
export type LieResult = {
  readonly what: string;
  readonly sabotage: string | null;
  readonly runId: string;
  /** Exceptions of the classes the lie belongs to. */
  readonly found: number;
  readonly classes: readonly string[];
  /** The id of the first message it was seen at. */
  readonly example: string | null;
  readonly right: boolean;
};

/** One line a server, and what follows from them where all `of` were tried. */
export function renderLies(results: readonly LieResult[], of: number, style: TextStyle): string {
  const marks = symbolsOf(style);
  const width = Math.max(0, ...results.map(({ what }) => what.length));
  const missed = results.filter(({ right }) => !right).length;
  return [
    '',
    paint(style, 'strong', 'The checks check themselves'),
    ...results.map((one) => {
      const mark = one.right ? paint(style, 'good', marks.pass) : paint(style, 'bad', marks.fail);
      return `  ${mark} ${one.what.padEnd(width)}  ${foundText(one)}`;
    }),
    results.length < of
      ? `  ${results.length} of ${plural(of, 'server')} tried: nothing follows from that.`
      : missed === 0
        ? '  Every lie was found by name, and the honest server was cleared.'
        : `  ${plural(missed, 'server')} judged wrongly: do not trust a verdict of this machine.`,
    '',
  ].join('\n');
}

function foundText({ sabotage, found, classes, example, right }: LieResult): string {
  if (found === 0 && sabotage !== null) return 'not found';
  if (found === 0) return right ? 'nothing found, rightly' : 'nothing was delivered';
  return `${plural(found, 'exception')}: ${classes.join(', ')}, such as message ${example ?? '?'}`;
}
