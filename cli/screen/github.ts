/** A run for the log of GitHub Actions: a folded group of plain lines, and annotations. */
import type { RunEvent } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import { plainText } from '../report/text-style.ts';
import type { Output } from '../world.ts';
import { plainLines } from './plain.ts';
import type { Renderer } from './renderer.ts';

/** Workflow commands as documented under "Workflow commands for GitHub Actions". */
export function githubRenderer(out: Output): Renderer {
  const lines = plainLines({ color: false, ascii: false });
  let grouped = false;
  const endGroup = (): void => {
    if (grouped) out.write('::endgroup::\n');
    grouped = false;
  };
  return {
    event(event) {
      if (event.kind === 'warning') {
        out.write(`::warning title=rtops::${commandData(event.text)}\n`);
        return;
      }
      if (event.kind === 'run-start' && !grouped) {
        grouped = true;
        out.write(`::group::rtops ${plainText(event.scenario)} on ${plainText(event.topology)}\n`);
      }
      for (const line of lines(event)) out.write(`${inert(line)}\n`);
      if (event.kind !== 'run-end') return;
      endGroup();
      const annotation = annotationOf(event);
      if (annotation !== null) out.write(annotation);
    },
    finish() {
      endGroup();
      return Promise.resolve();
    },
  };
}

function annotationOf(event: Extract<RunEvent, { kind: 'run-end' }>): string | null {
  if (event.exitCode === exitCode.interrupted) {
    return `::error title=rtops::INTERRUPTED: the run was cut short (exit code ${event.exitCode})\n`;
  }
  switch (event.verdict) {
    case 'pass':
      return null;
    case 'fail':
      return `::error title=rtops::FAIL: the thresholds did not hold (exit code ${event.exitCode})\n`;
    case 'no-data':
      return `::error title=rtops::NO VERDICT: the run proves nothing (exit code ${event.exitCode})\n`;
  }
}

/** A line of somebody's text must not be read as a workflow command. */
function inert(line: string): string {
  return line.startsWith('::') ? ` ${line}` : line;
}

/** Data of a command: its line breaks and percent signs are escaped. */
function commandData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
