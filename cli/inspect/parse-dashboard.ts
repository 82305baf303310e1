/** Reads Grafana's v1 dashboard JSON. Unknown fields are passed over, as Grafana does. */
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Annotation, Dashboard, DataSourceRef } from './dashboard.ts';
import { parsePanels } from './parse-panels.ts';
import { dataSourceRef, dataSourceSchema, textOf } from './parse-parts.ts';
import { parseVariable, variableSchema } from './parse-variable.ts';

const annotationSchema = z.looseObject({
  name: z.string().default(''),
  enable: z.boolean().default(true),
  builtIn: z.number().optional(),
  iconColor: z.string().default('red'),
  expr: z.string().optional(),
  step: z.string().optional(),
  titleFormat: z.string().default(''),
  textFormat: z.string().default(''),
  datasource: dataSourceSchema,
  target: z
    .looseObject({ expr: z.string().optional(), interval: z.string().optional() })
    .optional(),
});

const dashboardSchema = z.looseObject({
  uid: z.string().nullish(),
  title: z.string().min(1),
  description: z.string().default(''),
  panels: z.array(z.unknown()).default([]),
  templating: z.looseObject({ list: z.array(variableSchema).default([]) }).default({ list: [] }),
  annotations: z.looseObject({ list: z.array(annotationSchema).default([]) }).default({ list: [] }),
});

/**
 * A dashboard out of its JSON.
 * @param file named in messages
 * @throws Failure badFile (104) with the path within the file and what was expected
 */
export function parseDashboard(value: unknown, file: string): Dashboard {
  const parsed = dashboardSchema.safeParse(value);
  if (!parsed.success) throw notADashboard(file, parsed.error);
  const { title, uid, description, templating, annotations, panels } = parsed.data;
  const laidOut = parsePanels(panels, (error, path) => notADashboard(file, error, path));
  return {
    uid: uid ?? '',
    title,
    description,
    file,
    variables: templating.list.map(parseVariable),
    annotations: annotations.list.flatMap((one) => parseAnnotation(one)),
    ...laidOut,
  };
}

/** Nothing for Grafana's own annotations, which live in its database and not in a query. */
function parseAnnotation(one: z.infer<typeof annotationSchema>): readonly Annotation[] {
  const expr = textOf(one.expr) || textOf(one.target?.expr);
  const datasource: DataSourceRef | null = dataSourceRef(one.datasource);
  if (one.builtIn === 1 || expr === '') return [];
  return [
    {
      name: one.name,
      expr,
      enabled: one.enable,
      color: one.iconColor,
      step: textOf(one.step) || textOf(one.target?.interval) || '60s',
      titleFormat: one.titleFormat,
      textFormat: one.textFormat,
      datasource,
    },
  ];
}

/** @param at where in the document the value stands that was read */
function notADashboard(
  file: string,
  error: z.ZodError,
  at: readonly (string | number)[] = [],
): Failure {
  return new Failure(exitCode.badFile, `${file} is not a Grafana dashboard`, {
    why: 'A dashboard of the classic (v1) JSON model is expected.',
    evidence: error.issues
      .slice(0, 5)
      .map(
        (issue) =>
          `${[...at, ...issue.path].map(String).join('.') || 'the document'}: ${issue.message}`,
      ),
    next: 'Export it again from Grafana: Export → JSON, model "Classic".',
  });
}
