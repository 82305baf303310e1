/** Data sources as Grafana is provisioned with them, or lists them. */
import { parse } from 'yaml';
import * as z from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { DataSource } from './dashboard.ts';
import { parseDuration } from './duration.ts';

/** What Grafana takes for granted where a source says nothing. */
const usualScrapeSec = 15;

const schema = z.looseObject({
  uid: z.string().min(1),
  name: z.string().default(''),
  type: z.string(),
  isDefault: z.boolean().nullish(),
  jsonData: z.looseObject({ timeInterval: z.string().nullish() }).nullish(),
});

/** Nothing for what is no data source. */
export function parseDataSource(value: unknown): readonly DataSource[] {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return [];
  const { uid, name, type, isDefault, jsonData } = parsed.data;
  const intervalMs = parseDuration(jsonData?.timeInterval ?? '');
  return [
    {
      uid,
      name,
      type,
      isDefault: isDefault ?? false,
      scrapeIntervalSec: intervalMs === undefined ? usualScrapeSec : intervalMs / 1000,
    },
  ];
}

/**
 * The sources of a provisioning file (`datasources/*.yml`).
 * @throws Failure badFile (104) when it is no YAML or lists none
 */
export function parseProvisionedSources(text: string, file: string): readonly DataSource[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Failure(exitCode.badFile, `${file} is not YAML`, {
      why: error instanceof Error ? error.message : String(error),
    });
  }
  const parsed = z.looseObject({ datasources: z.array(z.unknown()) }).safeParse(value);
  if (!parsed.success) {
    throw new Failure(exitCode.badFile, `${file} provisions no data source`, {
      why: 'A list `datasources` is expected.',
    });
  }
  return parsed.data.datasources.flatMap((one) => parseDataSource(one));
}
