/** `fieldConfig.defaults` of a panel: unit, thresholds, how lines are drawn. */
import * as z from 'zod';

import type { FieldStyle } from './dashboard.ts';

const step = z.looseObject({ value: z.number().nullish(), color: z.string().default('') });

const mapping = z.looseObject({
  type: z.string(),
  options: z.record(z.string(), z.unknown()).nullish(),
});

export const fieldConfigSchema = z
  .looseObject({
    defaults: z
      .looseObject({
        unit: z.string().nullish(),
        decimals: z.number().nullish(),
        min: z.number().nullish(),
        max: z.number().nullish(),
        noValue: z.string().nullish(),
        thresholds: z.looseObject({ steps: z.array(step).default([]) }).nullish(),
        mappings: z.array(mapping).nullish(),
        custom: z
          .looseObject({
            drawStyle: z.string().nullish(),
            fillOpacity: z.number().nullish(),
            stacking: z.looseObject({ mode: z.string().nullish() }).nullish(),
            thresholdsStyle: z.looseObject({ mode: z.string().nullish() }).nullish(),
            scaleDistribution: z.looseObject({ type: z.string().nullish() }).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  })
  .nullish();

export function fieldStyle(config: z.infer<typeof fieldConfigSchema>): FieldStyle {
  const defaults = config?.defaults ?? {};
  const custom = defaults.custom ?? {};
  const mode = custom.stacking?.mode ?? 'none';
  const lines = custom.thresholdsStyle?.mode ?? 'off';
  return {
    unit: defaults.unit ?? '',
    decimals: defaults.decimals ?? null,
    min: defaults.min ?? null,
    max: defaults.max ?? null,
    noValue: defaults.noValue ?? '',
    thresholds: (defaults.thresholds?.steps ?? []).flatMap(({ value, color }) =>
      value === null || value === undefined ? [] : [{ value, color }],
    ),
    thresholdLines: lines !== 'off',
    stacked: mode === 'normal' || mode === 'percent',
    fillOpacity: custom.fillOpacity ?? 0,
    drawStyle:
      custom.drawStyle === 'bars' || custom.drawStyle === 'points' ? custom.drawStyle : 'line',
    logarithmic: custom.scaleDistribution?.type === 'log',
    mappings: valueMappings(defaults.mappings ?? []),
  };
}

/** Mappings of single values; those of ranges and patterns are not drawn. */
function valueMappings(
  mappings: readonly { readonly type: string; readonly options?: unknown }[],
): FieldStyle['mappings'] {
  const found: Record<string, { text: string; color: string }> = {};
  for (const { type, options } of mappings) {
    if (type !== 'value' || typeof options !== 'object' || options === null) continue;
    for (const [value, result] of Object.entries(options)) {
      const parsed = mapped.safeParse(result);
      if (parsed.success) found[value] = parsed.data;
    }
  }
  return found;
}

const mapped = z.object({ text: z.string(), color: z.string().default('') });
