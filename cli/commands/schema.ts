/** `rtops schema KIND`: JSON Schema for editors and for whoever reads reports. */
import { z } from 'zod';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { reportSchema } from '../report/report-schema.ts';
import { scenarioSchema } from '../scenario/scenario-schema.ts';
import { topologySchema } from '../topology/topology-schema.ts';
import type { World } from '../world.ts';

/** What people write (before defaults), and what rtops writes. */
const schemas: Readonly<Record<string, z.ZodType>> = {
  scenario: scenarioSchema,
  topology: topologySchema,
  report: reportSchema,
};

/** Prints one document on stdout. @throws Failure `usage` for another kind. */
export function schema(world: World, { kind }: { readonly kind: string }): ExitCode {
  const chosen = Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
  if (chosen === undefined) {
    const near = nearestName(kind, Object.keys(schemas));
    throw new Failure(exitCode.usage, `there is no schema of ${JSON.stringify(kind)}`, {
      why: `expected one of ${Object.keys(schemas).join(', ')}`,
      next: `rtops schema ${near ?? 'scenario'}`,
    });
  }
  const document = { title: `rtops ${kind}`, ...z.toJSONSchema(chosen, { io: 'input' }) };
  world.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return exitCode.pass;
}
