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

export type AlertParts = {
  /** What it means, then what to look at and to do. */
  readonly runbook: readonly string[];
  /** Conditions under which it fires; none of the fire drill's. */
  readonly rules: readonly {
    readonly expr: string;
    readonly forSec: number;
    readonly labels: Readonly<Record<string, string>>;
  }[];
};

/** `undefined` for a name that no rule has, and that is not the fire drill's. */
export function alertParts(name: string): AlertParts | undefined {
  if (!alertNames.includes(name)) return undefined;
  const own = rules.filter(({ alert }) => alert === name);
  return {
    runbook: runbookLines(name),
    rules: own.map(({ expr, forSec, labels = {} }) => ({ expr, forSec, labels })),
  };
}

/** The same for people. */
export function alertText(name: string): string | undefined {
  const parts = alertParts(name);
  if (parts === undefined) return undefined;
  const conditions = parts.rules.map(({ expr, forSec, labels }) =>
    [
      ['  fires when', ...Object.entries(labels).map(([key, value]) => `${key}=${value}`)].join(
        ' ',
      ),
      ...expr.split('\n').map((line) => `    ${line}`),
      ...(forSec === 0 ? [] : [`    for ${forSec} s`]),
    ].join('\n'),
  );
  const lines = [name, ...parts.runbook.map((line) => `  ${line}`)];
  return `${[...lines, ...(conditions.length === 0 ? [] : ['', ...conditions])].join('\n')}\n`;
}

/** Its section of docs/alerts.md, without the marks of Markdown. */
function runbookLines(name: string): readonly string[] {
  const text = readFileSync(packageFile('docs/alerts.md'), 'utf8');
  const [, section = ''] = text.split(`### ${name}\n`);
  return (section.split(/^#/m)[0] ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^_(.*?)_/, '$1').replaceAll('`', ''));
}
