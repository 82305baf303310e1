/** The dashboards as they are committed: what Grafana will read, not what the code would write. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type Target = {
  readonly refId?: string;
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly datasource?: { readonly uid?: string };
};

export type ShippedPanel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly type?: string; readonly uid?: string };
  readonly targets?: readonly Target[];
  readonly panels?: readonly ShippedPanel[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly noValue?: string;
      readonly thresholds?: unknown;
    };
  };
};

export type ShippedVariable = {
  readonly name: string;
  readonly type: string;
  readonly query?: string | { readonly query?: string };
  readonly datasource?: { readonly uid?: string };
  readonly refresh?: number;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
};

export type ShippedDashboard = {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly editable: boolean;
  readonly graphTooltip: number;
  readonly timezone: string;
  readonly refresh: string;
  readonly schemaVersion: number;
  readonly tags: readonly string[];
  readonly links: readonly { readonly tags: readonly string[] }[];
  readonly panels: readonly ShippedPanel[];
  readonly templating: { readonly list: readonly ShippedVariable[] };
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly expr: string;
      readonly step: string;
      readonly target: { readonly expr: string; readonly interval: string };
      readonly datasource?: { readonly uid?: string };
    }[];
  };
};

export const grafanaFolder = join(import.meta.dirname, '../../grafana');

export function shippedDashboards(): readonly ShippedDashboard[] {
  const folder = join(grafanaFolder, 'dashboards');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ShippedDashboard);
}

/** All panels, those of folded rows too; rows themselves are none. */
export function panelsOf(dashboard: ShippedDashboard): readonly ShippedPanel[] {
  return dashboard.panels
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .filter(({ type }) => type !== 'row');
}

export type Query = { readonly where: string; readonly expr: string };

/** Every PromQL of a dashboard: panels, bands, and the selectors of variables. */
export function promqlOf(dashboard: ShippedDashboard): readonly Query[] {
  const ofPanels = panelsOf(dashboard)
    .filter(({ datasource }) => datasource?.type === 'prometheus')
    .flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => ({
        where: `${dashboard.uid}, ${title}, ${refId ?? ''}`,
        expr: expr ?? '',
      })),
    );
  const ofBands = dashboard.annotations.list.map(({ name, target }) => ({
    where: `${dashboard.uid}, band ${name}`,
    expr: target.expr,
  }));
  const ofVariables = dashboard.templating.list.flatMap(({ name, query }) => {
    const text = typeof query === 'object' ? query.query : undefined;
    const selector = /^label_values\((.+), \w+\)$/.exec(text ?? '')?.[1];
    return selector === undefined
      ? []
      : [{ where: `${dashboard.uid}, variable ${name}`, expr: selector }];
  });
  return [...ofPanels, ...ofBands, ...ofVariables];
}
