/** The house's rules for a dashboard, over its JSON. */
import { parseExpectation } from '../../cli/inspect/panel-expectation.ts';
import { oneTopology, readPromql, withoutVariables } from './promql-facts.ts';
import { panelsOf } from './shipped.ts';
import type { ShippedDashboard, ShippedPanel } from './shipped.ts';

/** Each with a planted breach in the test. */
export type LintRule =
  | 'title'
  | 'description'
  | 'expectation'
  | 'unit'
  | 'no value'
  | 'datasource'
  | 'rate interval'
  | 'scope'
  | 'legend'
  | 'unique ids'
  | 'grid'
  | 'variable unused'
  | 'variable undefined'
  | 'variable setting'
  | 'band'
  | 'no inputs'
  | 'frame';

export type LintFinding = { readonly rule: LintRule; readonly what: string };

/** Every breach of a rule in one dashboard. */
export function lintDashboard(dashboard: ShippedDashboard): readonly LintFinding[] {
  const panels = panelsOf(dashboard);
  return [
    ...panels.flatMap(lintPanel),
    ...lintFrame(dashboard),
    ...lintGrid(dashboard),
    ...lintVariables(dashboard),
    ...lintBands(dashboard),
  ];
}

function lintPanel(panel: ShippedPanel): readonly LintFinding[] {
  const found: LintFinding[] = [];
  const report = (rule: LintRule, what: string): void => {
    found.push({ rule, what: `${panel.title}: ${what}` });
  };
  if (panel.title.trim() === '') report('title', `panel ${panel.id} has none`);
  if (panel.description.split('\n')[0]?.trim() === '') report('description', 'has none');
  if (panel.type === 'text') return found;
  if (parseExpectation(panel.description) === undefined) {
    report('expectation', 'does not say what it should show');
  }
  const { unit = '', noValue = '' } = panel.fieldConfig?.defaults ?? {};
  if (unit === '') report('unit', 'has none');
  if (noValue === '') report('no value', 'does not say why it may be empty');
  if (!isVariable(panel.datasource?.uid)) report('datasource', 'is fixed to one datasource');
  for (const { expr = '', legendFormat = '', datasource } of panel.targets ?? []) {
    if (datasource !== undefined && !isVariable(datasource.uid)) {
      report('datasource', 'a query is fixed to one datasource');
    }
    for (const [window] of expr.matchAll(/\[[^\]]+\]/g)) {
      if (!allowedWindows.has(window)) report('rate interval', `${window} is a fixed window`);
    }
    if (!isScoped(expr, panel)) report('scope', 'asks over all topologies');
    if (panel.type !== 'logs' && legendFormat === '') report('legend', 'a series has no name');
  }
  if ((panel.targets ?? []).length === 0) report('scope', 'asks nothing');
  return found;
}

/** Each selector: `a{topology=~"$topology"} / b` is over all of them as well. */
function isScoped(expr: string, { datasource }: Pick<ShippedPanel, 'datasource'>): boolean {
  if (datasource?.type === 'loki') return /\{topology=~"\$topology"/.test(expr);
  return readPromql(withoutVariables(expr)).selectors.every(
    ({ matchers }) => matchers.get('topology')?.startsWith(oneTopology) === true,
  );
}

/** `$__auto` is Loki's word for it; `$__range` counts what happened within all that is shown. */
const allowedWindows = new Set(['[$__rate_interval]', '[$__range]', '[$__auto]']);

function lintFrame(dashboard: ShippedDashboard): readonly LintFinding[] {
  const { uid, title, description, tags, links } = dashboard;
  const found: LintFinding[] = [];
  const wants: readonly (readonly [boolean, string])[] = [
    [/^rtops-[a-z]+$/.test(uid), 'a uid of ours'],
    [title.startsWith('rtops: '), 'a title of ours'],
    [description.endsWith('?'), 'the question it answers'],
    [!dashboard.editable, 'uneditable'],
    [dashboard.graphTooltip === 1, 'a shared crosshair'],
    [dashboard.timezone === 'browser', 'the browser’s time zone'],
    [dashboard.refresh === '5s', 'a refresh of 5 s'],
    [tags.includes('rtops'), 'the tag'],
    [links.some((link) => link.tags.includes('rtops')), 'links to the others'],
  ];
  for (const [isSo, what] of wants) if (!isSo) found.push({ rule: 'frame', what });
  const ids = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  if (new Set(ids.map(({ id }) => id)).size !== ids.length) {
    found.push({ rule: 'unique ids', what: 'two panels have one id' });
  }
  if (/__inputs|\$\{DS_/.test(JSON.stringify(dashboard))) {
    found.push({ rule: 'no inputs', what: 'inputs cannot be provisioned' });
  }
  return found;
}

function lintGrid(dashboard: ShippedDashboard): readonly LintFinding[] {
  const found: LintFinding[] = [];
  // A folded row opens over what is below it: its panels share a grid only with each other.
  const grids = [
    dashboard.panels,
    ...dashboard.panels.flatMap((panel) => (panel.panels?.length ? [panel.panels] : [])),
  ];
  for (const grid of grids) {
    for (const [index, a] of grid.entries()) {
      if (a.gridPos.x + a.gridPos.w > 24) {
        found.push({ rule: 'grid', what: `${a.title} is cut at the right` });
      }
      for (const b of grid.slice(index + 1)) {
        if (overlap(a, b)) found.push({ rule: 'grid', what: `${a.title} covers ${b.title}` });
      }
    }
  }
  return found;
}

function overlap({ gridPos: a }: ShippedPanel, { gridPos: b }: ShippedPanel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function lintVariables(dashboard: ShippedDashboard): readonly LintFinding[] {
  const found: LintFinding[] = [];
  const variables = dashboard.templating.list;
  const defined = new Set(variables.map(({ name }) => name));
  const used = variablesIn(JSON.stringify(dashboard));
  for (const name of used) {
    if (!defined.has(name)) found.push({ rule: 'variable undefined', what: name });
  }
  for (const variable of variables) {
    const others = { ...dashboard, templating: { list: variables.filter((v) => v !== variable) } };
    if (!variablesIn(JSON.stringify(others)).has(variable.name)) {
      found.push({ rule: 'variable unused', what: variable.name });
    }
    const isQuery = variable.type === 'query';
    const what = `${variable.name}: `;
    if (isQuery && variable.refresh !== 2) {
      found.push({
        rule: 'variable setting',
        what: `${what}not asked again when the time changes`,
      });
    }
    if (isQuery && !isVariable(variable.datasource?.uid)) {
      found.push({ rule: 'variable setting', what: `${what}fixed to one datasource` });
    }
    if (variable.multi === true && !(variable.includeAll && variable.allValue)) {
      found.push({ rule: 'variable setting', what: `${what}All is a long list` });
    }
  }
  return found;
}

function variablesIn(text: string): ReadonlySet<string> {
  const names = [...text.matchAll(/\$\{?([a-zA-Z_]\w*)/g)].map((match) => String(match[1]));
  return new Set(names.filter((name) => !name.startsWith('__')));
}

function lintBands(dashboard: ShippedDashboard): readonly LintFinding[] {
  const found: LintFinding[] = [];
  for (const { name, expr, step, target, datasource } of dashboard.annotations.list) {
    const report = (what: string): void => {
      found.push({ rule: 'band', what: `${name}: ${what}` });
    };
    if (expr !== target.expr) report('older and newer Grafana would ask two things');
    if (step !== target.interval || step === '') report('asked once a minute');
    if (!isVariable(datasource?.uid)) report('fixed to one datasource');
    if (!/ (==|<|>|>=|<=) /.test(expr)) report('has a value everywhere: one band over all');
    if (!isScoped(expr, {})) {
      found.push({ rule: 'scope', what: `${name}: asks over all topologies` });
    }
  }
  return found;
}

function isVariable(uid: string | undefined): boolean {
  return uid !== undefined && /^\$\{\w+\}$/.test(uid);
}
