/** The only way into a stored report: what a file says, checked, or a {@link Failure} that says what is wrong. */
import type * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Detail } from '../samples/detail.ts';
import { detailSchema } from './detail-schema.ts';
import { reportSchema } from './report-schema.ts';
import type { Report } from './report.ts';

/** Problems shown of a file that has many. */
const shownProblems = 5;

/**
 * A report as `rtops bench` writes it.
 * @param fileName named in the failure
 * @throws Failure badFile (104) for another schemaVersion, another tool's file, or a missing field
 */
export function parseReport(value: unknown, fileName = 'report.json'): Report {
  const version = schemaVersionOf(value);
  if (version !== 1) {
    throw new Failure(exitCode.badFile, `${fileName} is not a report that this rtops reads`, {
      why:
        version === undefined
          ? 'It has no schemaVersion, so another program wrote it.'
          : `It has schemaVersion ${JSON.stringify(version)}; expected 1.`,
      next: 'Run `rtops bench` again, or read it with the rtops that wrote it.',
    });
  }
  return checked(reportSchema, value, fileName);
}

/** The per-second record beside a report. @throws Failure badFile (104) */
export function parseDetail(value: unknown, fileName = 'detail.json'): Detail {
  return checked(detailSchema, value, fileName);
}

function schemaVersionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'schemaVersion' in value
    ? value.schemaVersion
    : undefined;
}

function checked<T>(schema: z.ZodType<T>, value: unknown, fileName: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const evidence = issues
    .slice(0, shownProblems)
    .map((issue) => `${issue.path.map(String).join('.') || 'the document'}: ${issue.message}`);
  if (issues.length > shownProblems) evidence.push(`and ${issues.length - shownProblems} more`);
  throw new Failure(exitCode.badFile, `${fileName} does not have the shape of its schema`, {
    why: 'A field is missing or is of another type; the file was changed or cut short.',
    evidence,
    next: '`rtops schema report` prints what is expected.',
  });
}
