/** What an alert means and what to do, for whoever was just told its name: its runbook and its rules. */
import { readFileSync } from 'node:fs';

import { alertRuleGroups } from '../../prometheus/alert-rules.ts';
import { defaultAlertSettings } from '../../prometheus/alert-settings.ts';
import { drillAlert } from '../../prometheus/drill-alert.ts';
import { packageFile } from './package-file.ts';

const rules = alertRuleGroups(defaultAlertSettings).flatMap((group) => group.rules);

/** Of the rules, and of the fire drill, which whoever is told of it asks for. */
export const alertNames: readonly string[] = [
  ...new Set([...rules.map(({ alert }) => alert), drillAlert]),
];

/** `undefined` for a name that no rule has, and that is not the fire drill's. */
export function alertText(name: string): string | undefined {
  if (name === drillAlert) return `${[name, ...runbookLines(name)].join('\n')}\n`;
  const own = rules.filter(({ alert }) => alert === name);
  if (own.length === 0) return undefined;
  const conditions = own.map(({ expr, forSec, labels = {} }) =>
    [
      ['  fires when', ...Object.entries(labels).map(([key, value]) => `${key}=${value}`)].join(
        ' ',
      ),
      ...expr.split('\n').map((line) => `    ${line}`),
      ...(forSec === 0 ? [] : [`    for ${forSec} s`]),
    ].join('\n'),
  );
  return `${[name, ...runbookLines(name), '', ...conditions].join('\n')}\n`;
}

/** Its section of docs/alerts.md, without the marks of Markdown. */
function runbookLines(name: string): readonly string[] {
  const text = readFileSync(packageFile('docs/alerts.md'), 'utf8');
  const [, section = ''] = text.split(`### ${name}\n`);
  return (section.split(/^#/m)[0] ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `  ${line.replace(/^_(.*?)_/, '$1').replaceAll('`', '')}`);
}
