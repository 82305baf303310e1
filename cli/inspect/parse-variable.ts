/** Variables of a dashboard's JSON. */
import * as z from 'zod';

import type { Variable, VariableOption } from './dashboard.ts';
import { dataSourceRef, dataSourceSchema } from './parse-parts.ts';

const textOrTexts = z.union([z.string(), z.array(z.string()), z.boolean(), z.number()]).nullish();

export const variableSchema = z.looseObject({
  name: z.string().min(1),
  type: z.string(),
  query: z.union([z.string(), z.looseObject({ query: z.string().optional() })]).nullish(),
  regex: z.string().nullish(),
  sort: z.number().nullish(),
  multi: z.boolean().nullish(),
  includeAll: z.boolean().nullish(),
  allValue: z.string().nullish(),
  current: z.looseObject({ value: textOrTexts }).nullish(),
  options: z.array(z.looseObject({ text: textOrTexts, value: textOrTexts })).nullish(),
  datasource: dataSourceSchema,
});

export function parseVariable(raw: z.infer<typeof variableSchema>): Variable {
  const common = {
    name: raw.name,
    multi: raw.multi ?? false,
    includeAll: raw.includeAll ?? false,
    allValue: raw.allValue === undefined || raw.allValue === '' ? null : raw.allValue,
    current: values(raw.current?.value),
  };
  const query = typeof raw.query === 'string' ? raw.query : (raw.query?.query ?? '');
  switch (raw.type) {
    case 'query':
      return {
        ...common,
        kind: 'query',
        query,
        regex: raw.regex ?? '',
        sort: raw.sort ?? 0,
        datasource: dataSourceRef(raw.datasource),
      };
    case 'custom':
    case 'interval': {
      const written = listed(query);
      const options = written.length > 0 ? written : savedOptions(raw.options ?? []);
      return { ...common, kind: 'listed', options };
    }
    case 'constant':
      return { ...common, kind: 'listed', options: [{ text: query, value: query }] };
    case 'textbox': {
      // What was typed last; the query is its default.
      const value = common.current[0] ?? query;
      return { ...common, kind: 'listed', options: [{ text: value, value }] };
    }
    case 'datasource':
      return { ...common, kind: 'datasource', plugin: query };
    default:
      return { ...common, kind: 'other', type: raw.type };
  }
}

/** `0.5, 0.95` or `half : 0.5, most : 0.95`; a comma within a value is written `\,`. */
function listed(query: string): readonly VariableOption[] {
  return (query.match(/(?:\\,|[^,])+/g) ?? []).flatMap((part) => {
    const text = part.replaceAll('\\,', ',').trim();
    const named = /^\s*(.+)\s:\s(.+)$/.exec(text);
    if (named?.[1] !== undefined && named[2] !== undefined) {
      return [{ text: named[1].trim(), value: named[2].trim() }];
    }
    return text === '' ? [] : [{ text, value: text }];
  });
}

function savedOptions(
  options: readonly { text?: unknown; value?: z.infer<typeof textOrTexts> }[],
): readonly VariableOption[] {
  return options.flatMap(({ text, value }) => {
    const [only] = values(value);
    return only === undefined || only === '$__all'
      ? []
      : [{ text: typeof text === 'string' ? text : only, value: only }];
  });
}

function values(value: z.infer<typeof textOrTexts>): readonly string[] {
  if (value === null || value === undefined || value === '') return [];
  return Array.isArray(value) ? value : [String(value)];
}
