/** `--set k=v` and `--scale s=n`: fields of a topology from the command line. */
import { parse } from 'yaml';
import type { z } from 'zod';

import { exitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { explainIssues } from './schema-issues.ts';
import { topologySchema, topologyShape } from './topology-schema.ts';
import type { TopologyDocument } from './topology-schema.ts';
import { plainValue } from './yaml-environment.ts';

const nextCommand = 'rtops schema topology prints every key and what it may be';

/**
 * The data of a topology file with settings put over it, checked.
 *
 * @throws Failure `usage` naming the setting, the key's nearest name and what was expected.
 */
export function applySettings(data: unknown, settings: readonly string[]): TopologyDocument {
  let current = data;
  for (const setting of settings) {
    current = withSetting(current, setting);
    check(current, topologyShape, `--set ${setting}`);
  }
  return check(current, topologySchema, settings.map((setting) => `--set ${setting}`).join(' '));
}

/**
 * `ws=4` → `ws.count=4`. Services are named as `rtops ps` names them: `server` is the pool `all`.
 *
 * @throws Failure `usage`
 */
export function scaleSettings(scales: readonly string[]): readonly string[] {
  return scales.map((scale) => {
    const match = /^([^=]+)=(\d+)$/.exec(scale);
    const service = match?.[1] ?? scale.split('=')[0] ?? '';
    const pool = poolOf.get(service);
    if (match !== null && pool !== undefined) return `${pool}.count=${match[2] ?? ''}`;
    const near = nearestName(service, ['server', 'api', 'ws']);
    throw new Failure(exitCode.usage, `--scale ${scale} cannot be done`, {
      why:
        pool !== undefined
          ? 'expected service=number, such as ws=4'
          : service === 'nginx' || service === 'redis'
            ? `there is one ${service}; only server, api and ws come in numbers${
                service === 'nginx' ? ' (its workers: --set proxy.workers=4)' : ''
              }`
            : `no service is called ${JSON.stringify(service)}; expected server, api or ws${
                near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
              }`,
      next: 'give --scale ws=4, say',
    });
  });
}

const poolOf: ReadonlyMap<string, string> = new Map([
  ['server', 'all'],
  ['all', 'all'],
  ['api', 'api'],
  ['ws', 'ws'],
]);

function withSetting(data: unknown, setting: string): unknown {
  const match = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(setting);
  if (match === null) {
    throw new Failure(exitCode.usage, `--set ${setting} is not a setting`, {
      why: 'expected key=value, with dots between the keys, such as ws.count=4',
      next: nextCommand,
    });
  }
  return assigned(data, (match[1] ?? '').split('.'), settingValue(setting, match[2] ?? ''));
}

/** Numbers, true, false and null are read; `[a, b]` is a list; the rest is text. */
function settingValue(setting: string, text: string): unknown {
  if (!text.startsWith('[')) return plainValue(text);
  try {
    return parse(text);
  } catch {
    throw new Failure(exitCode.usage, `--set ${setting} is not a setting`, {
      why: 'a value that begins with [ is a list, such as [0, 1]',
      next: nextCommand,
    });
  }
}

/** A copy of `data` with `value` at the path; what is not a map on the way becomes one. */
function assigned(data: unknown, [key, ...below]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const map = isMap(data) ? data : {};
  const own = Object.hasOwn(map, key) ? map[key] : undefined;
  return { ...map, [key]: assigned(own, below, value) };
}

function isMap(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function check(
  data: unknown,
  schema: z.ZodType<TopologyDocument>,
  flags: string,
): TopologyDocument {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issues = explainIssues(result.error.issues, schema, data, () => false);
  throw new Failure(exitCode.usage, `${flags} cannot be set`, {
    why: issues.map(({ sentence }) => sentence).join('; '),
    next: nextCommand,
  });
}
