/** What the terminal behind an output can show, from what the environment says of it. */
import type { Output, World } from '../world.ts';

/** The conventions of no-color.org, and the locale. `width` is 80 where there is no terminal. */
export type TerminalStyle = {
  readonly color: boolean;
  readonly ascii: boolean;
  readonly width: number;
};

/** Colour on a terminal unless `NO_COLOR` is set to something; ASCII where UTF-8 is not to be trusted. */
export function terminalStyle(world: Pick<World, 'env'>, out: Output): TerminalStyle {
  return {
    color: out.isTTY && !world.env['NO_COLOR'] && world.env['TERM'] !== 'dumb',
    ascii: needsAscii(world.env),
    width: out.isTTY ? out.columns : 80,
  };
}

/** An unset locale counts as UTF-8: containers and CI set none and show it well. */
function needsAscii(env: World['env']): boolean {
  if (env['TERM'] === 'linux') return true;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale !== '' && !/utf-?8/i.test(locale);
}
