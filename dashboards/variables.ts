/** What can be chosen at the top of a dashboard. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type { VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { serverMetrics } from '../server/metric-contract.ts';
import { datasourceUids } from '../prometheus/datasources.ts';
import { datasourceVariable, lokiVariable } from './datasources.ts';

/** `topologies` is `topology` with several at once. */
export type VariableName =
  | 'topology'
  | 'topologies'
  | 'instance'
  | 'quantile'
  | 'loki'
  | 'service'
  | 'level'
  | 'id';

/** The datasource first, then those asked for. */
export function variables(names: readonly VariableName[]): Builder<VariableModel>[] {
  return [datasource(), ...names.map(variable)];
}

const fromPrometheus = { type: 'prometheus', uid: `\${${datasourceVariable}}` };
const all = { text: 'All', value: '$__all' };

function variable(name: VariableName): Builder<VariableModel> {
  switch (name) {
    case 'topology':
      return labelValues('topology', 'Topology', 'label_values(up, topology)');
    case 'topologies':
      return labelValues('topology', 'Topologies', 'label_values(up, topology)')
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current(all);
    case 'instance':
      return labelValues(
        'instance',
        'Server',
        `label_values(${serverMetrics.info.name}{topology=~"$topology"}, instance)`,
      )
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current(all);
    case 'quantile':
      return quantiles();
    case 'loki':
      return new dashboard.DatasourceVariableBuilder(lokiVariable)
        .label('Logs')
        .description('Optional: rtops starts no Loki by itself.')
        .type('loki')
        .current({ text: 'Loki (rtops)', value: datasourceUids.loki });
    case 'service':
      return lokiValues('service', 'Service');
    case 'level':
      return lokiValues('level', 'Level');
    case 'id':
      return new dashboard.TextBoxVariableBuilder('id')
        .label('Any id')
        .description('A request, connection, socket or message id; any text of a line.')
        .defaultValue('');
  }
}

function datasource(): Builder<VariableModel> {
  return new dashboard.DatasourceVariableBuilder(datasourceVariable)
    .label('Metrics')
    .type('prometheus')
    .current({ text: 'Prometheus (rtops)', value: datasourceUids.prometheus });
}

function labelValues(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(fromPrometheus)
    .query({ query, refId: `${name}-values` })
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc);
}

function lokiValues(name: string, label: string): dashboard.QueryVariableBuilder {
  return (
    new dashboard.QueryVariableBuilder(name)
      .label(label)
      .datasource({ type: 'loki', uid: `\${${lokiVariable}}` })
      .query({ label: name, refId: `${name}-values`, stream: '', type: 1 })
      .definition(`label_values(${name})`)
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.NaturalAsc)
      .multi(true)
      .includeAll(true)
      // A line without a level is a line too; the topology alone makes a selector that Loki takes.
      .allValue('.*')
      .current(all)
  );
}

function quantiles(): Builder<VariableModel> {
  // Called as titles call them; PromQL takes the number.
  const all = ['0.5', '0.9', '0.95', '0.99', '0.999'].map((value) => ({
    text: `p${Number((Number(value) * 100).toFixed(1))}`,
    value,
  }));
  const usual = '0.95';
  return new dashboard.CustomVariableBuilder('quantile')
    .label('Quantile')
    .values(all.map(({ text, value }) => `${text} : ${value}`).join(','))
    .options(all.map((one) => ({ ...one, selected: one.value === usual })))
    .current(all.find(({ value }) => value === usual) ?? { text: usual, value: usual });
}
