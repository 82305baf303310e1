import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { parseScenario } from '../scenario/parse-scenario.ts';
import { parseTopology } from '../topology/parse-topology.ts';
import { metrics } from '../verdict/metrics.ts';
import { thresholdProblem } from '../verdict/threshold.ts';
import { packageFile } from './package-file.ts';

function readPackageFile(relative: string): string {
  return readFileSync(packageFile(relative), 'utf8');
}

describe('what is shipped', () => {
  const namesIn = (folder: string): string[] =>
    readdirSync(packageFile(folder)).filter((name) => name.endsWith('.yaml'));

  test.each(namesIn('scenarios'))('scenarios/%s is read, thresholds and all', (file) => {
    const scenario = parseScenario(
      readPackageFile(`scenarios/${file}`),
      file,
      {},
      thresholdProblem,
    );
    expect(`${scenario.name}.yaml`).toBe(file);
    expect(scenario.thresholds.map(thresholdProblem)).toEqual(
      scenario.thresholds.map(() => undefined),
    );
  });

  test.each(namesIn('scenarios/topologies'))('scenarios/topologies/%s is read', (file) => {
    const topology = parseTopology(readPackageFile(`scenarios/topologies/${file}`), file, {}, []);
    expect(`${topology.name}.yaml`).toBe(file);
  });
});

describe('the docs', () => {
  const blocks = [...readPackageFile('docs/scenarios.md').matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text = '']) => text,
  );
  const thresholds = readPackageFile('docs/thresholds.md');

  test('show scenarios that can be run', () => {
    const shown = blocks.filter((text) => text.includes('stages:'));
    expect(shown).toHaveLength(2);
    for (const text of shown) parseScenario(text, 'shown.yaml', {}, thresholdProblem);
  });

  test('show a topology that can be started', () => {
    const shown = blocks.filter((text) => text.includes('messagePath:'));
    expect(shown).toHaveLength(1);
    for (const text of shown) parseTopology(text, 'shown.yaml', {}, []);
  });

  test('name every metric and every statistic', () => {
    const missing = metrics
      .flatMap(({ name, statistics }) => [name, ...statistics.map((one) => one.name)])
      .filter((name) => name !== '' && !thresholds.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test('show only thresholds that can be read', () => {
    const shown = [...thresholds.matchAll(/`([\w.]+(?:\[[^\]`]*\])?[^`]*[<>=][^`]*)`/g)]
      .map(([, text = '']) => text)
      .filter((text) => metrics.some(({ name }) => text.startsWith(name)));
    expect(shown.length).toBeGreaterThan(8);
    const refused = shown.filter((text) => thresholdProblem(text) !== undefined);
    expect(refused).toEqual(['errors < 0.01']);
  });
});
