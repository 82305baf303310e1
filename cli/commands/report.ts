/** `rtops report`: a stored run, said again in any format. */
import { join, relative } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { renderHtml } from '../report/html.ts';
import { renderJunit } from '../report/junit.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { renderText } from '../report/text.ts';
import { terminalStyle } from '../screen/terminal.ts';
import type { World } from '../world.ts';
import { openInBrowser } from './open-in-browser.ts';
import {
  findRunFolder,
  htmlAssets,
  readDetail,
  readReport,
  writeHtmlReport,
} from './run-folder.ts';

export type ReportOptions = {
  /** A folder or a run id; the newest run when absent. */
  readonly run?: string | undefined;
  readonly format: 'text' | 'html' | 'md' | 'junit' | 'json';
  /** Writes report.html anew and opens it in the browser instead of printing. */
  readonly open: boolean;
};

/**
 * Prints the report of a run on stdout. Succeeds whatever the verdict was.
 * @throws Failure usage (2) for `open` beside a format that no browser shows
 */
export async function report(world: World, options: ReportOptions): Promise<ExitCode> {
  const dir = await findRunFolder(world, options.run);
  const stored = await readReport(dir);
  if (options.open) {
    if (options.format !== 'html' && options.format !== 'text') {
      throw new Failure(exitCode.usage, `--open shows HTML, --format asks for ${options.format}`, {
        next: 'leave out one of them',
      });
    }
    const html = await writeHtmlReport(dir, stored, await readDetail(dir));
    const opened = await openInBrowser(world, html);
    world.stdout.write(opened ? `opened ${html}\n` : `${html}\n`);
    return exitCode.pass;
  }
  world.stdout.write(await rendered(world, stored, dir, options.format));
  return exitCode.pass;
}

async function rendered(
  world: World,
  stored: Report,
  dir: string,
  format: ReportOptions['format'],
): Promise<string> {
  switch (format) {
    case 'text': {
      const shown = relative(world.cwd, dir);
      const place = shown.startsWith('..') || shown === '' ? dir : shown;
      return renderText(stored, {
        ...terminalStyle(world, world.stdout),
        paths: { dir: place, html: join(place, 'report.html') },
      });
    }
    case 'html':
      return renderHtml(stored, await readDetail(dir), await htmlAssets());
    case 'md':
      return renderMarkdown(stored);
    case 'junit':
      return renderJunit(stored);
    case 'json':
      return `${JSON.stringify(stored, null, 2)}\n`;
  }
}
