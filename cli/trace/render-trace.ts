/** A trace as people read it, and as programs do. */
import type { Step, Timeline, Trace } from './trace.ts';

/** Steps of one timeline shown as text; all are in the JSON. */
const shownSteps = 200;

/** @param runId whose folder was read */
export function renderTrace(trace: Trace, runId: string): string {
  const parts = trace.timelines.map((timeline) => timelineText(timeline));
  const several =
    trace.timelines.length > 1 ? [`${trace.timelines.length} messages bear this id.\n`] : [];
  const notes = trace.notes.map((note) => `- ${visible(note)}\n`);
  const text = [`run ${runId}\n`, ...several, ...parts].join('\n');
  return `${text}${notes.length === 0 ? '' : `\n${notes.join('')}`}`;
}

function timelineText({ title, steps }: Timeline): string {
  const shown = steps.slice(0, shownSteps);
  const rows = [
    ['at ms', '+ms', 'where', 'what'],
    ...shown.map((step, i) => [
      at(step),
      i === 0 ? '' : delta(step, shown[i - 1] ?? step),
      visible(step.where),
      visible(step.what),
    ]),
  ];
  const width = (column: number): number =>
    Math.max(...rows.map((row) => (row[column] ?? '').length));
  const [atWidth, deltaWidth, whereWidth] = [width(0), width(1), width(2)];
  const table = rows.map(([when = '', since = '', where = '', what = '']) =>
    `  ${when.padStart(atWidth)}  ${since.padStart(deltaWidth)}  ${where.padEnd(whereWidth)}  ${what}`.trimEnd(),
  );
  const more = steps.length - shown.length;
  return `${[visible(title), ...table, ...(more > 0 ? [`  … ${more} more (--json has all)`] : [])].join('\n')}\n`;
}

/** Ids, names and paths are their senders' words: a terminal shall show them, and not obey them. */
function visible(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what it makes visible
    /[\u0000-\u001F\u007F-\u009F]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Coarse times say how coarse they are. */
function at({ atUs, errorUs }: Step): string {
  const ms = (atUs / 1000).toFixed(errorUs > 100 ? 0 : 3);
  return errorUs > 100 ? `${ms} ±${Math.ceil(errorUs / 1000)}` : ms;
}

function delta(step: Step, before: Step): string {
  const errorUs = Math.max(step.errorUs, before.errorUs);
  const deltaUs = step.atUs - before.atUs;
  if (errorUs <= 100) return (deltaUs / 1000).toFixed(3);
  return Math.abs(deltaUs) <= errorUs ? '≈0' : (deltaUs / 1000).toFixed(0);
}

/** The document `--json` prints, schemaVersion 1. Times in ms since run start. */
export function traceDocument(trace: Trace, runId: string): unknown {
  return {
    schemaVersion: 1,
    run: runId,
    id: trace.id,
    kind: trace.kind,
    timelines: trace.timelines.map(({ title, steps }) => ({
      title,
      steps: steps.map((step, i) => ({
        atMs: step.atUs / 1000,
        deltaMs: i === 0 ? null : (step.atUs - (steps[i - 1]?.atUs ?? step.atUs)) / 1000,
        plusMinusMs: step.errorUs / 1000,
        where: step.where,
        what: step.what,
        source: step.source,
      })),
    })),
    notes: trace.notes,
  };
}
