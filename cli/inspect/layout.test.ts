import { describe, expect, test } from 'vitest';

import type { Dashboard, Panel } from './dashboard.ts';
import { parseDashboard } from './parse-dashboard.ts';
import { placePanels } from './place-panels.ts';

const panel = (title: string, y: number, more: object = {}) => ({
  type: 'timeseries',
  title,
  gridPos: { x: 0, y, w: 24, h: 4 },
  ...more,
});
const row = (title: string, y: number, more: object = {}) => ({
  type: 'row',
  title,
  gridPos: { x: 0, y, w: 24, h: 1 },
  ...more,
});

function dashboard(panels: readonly unknown[]): Dashboard {
  return parseDashboard({ title: 'D', panels }, 'd.json');
}

const places = (panels: readonly Panel[]) =>
  panels.map(
    ({ title, gridPos }) => `${title} ${gridPos.x},${gridPos.y} ${gridPos.w}x${gridPos.h}`,
  );

describe('a dashboard’s grid', () => {
  test('a collapsed row is opened, and what stands below it moves down', () => {
    const { panels, rows } = dashboard([
      panel('first', 0),
      row('closed', 4, { collapsed: true, panels: [panel('a', 5), panel('b', 9)] }),
      row('open', 5),
      panel('last', 6),
    ]);
    expect(places(panels)).toEqual([
      'first 0,0 24x4',
      'a 0,5 24x4',
      'b 0,9 24x4',
      'last 0,14 24x4',
    ]);
    expect(rows.map(({ title, y }) => [title, y])).toEqual([
      ['closed', 4],
      ['open', 13],
    ]);
  });

  test('copies of a repeated panel share its line, and push what is below when they need more', () => {
    const parsed = dashboard([
      panel('$x', 0, { repeat: 'x', maxPerRow: 2 }),
      row('below', 4),
      panel('last', 5),
    ]);
    const placed = placePanels(parsed, () => ['a', 'b', 'c']);
    expect(places(placed.panels)).toEqual([
      '$x 0,0 12x4',
      '$x 12,0 12x4',
      '$x 0,4 12x4',
      'last 0,9 24x4',
    ]);
    expect(placed.panels.map(({ scoped }) => scoped['x'])).toEqual(['a', 'b', 'c', undefined]);
    expect(placed.rows[0]?.y).toBe(8);
  });

  test('a repeated row is there with its panels once a value, and what is below moves down', () => {
    const parsed = dashboard([
      panel('top', 0),
      row('of $x', 4, { repeat: 'x', collapsed: true, panels: [panel('a', 5), panel('b', 9)] }),
      row('after', 5),
      panel('last', 6),
    ]);
    const placed = placePanels(parsed, (name) => (name === 'x' ? ['1', '2'] : []));
    expect(places(placed.panels)).toEqual([
      ...['top 0,0 24x4', 'a 0,5 24x4', 'b 0,9 24x4', 'a 0,14 24x4', 'b 0,18 24x4'],
      'last 0,23 24x4',
    ]);
    expect(placed.panels.map(({ scoped }) => scoped['x'])).toEqual([
      ...[undefined, '1', '1', '2', '2', undefined],
    ]);
    expect(placed.rows.map(({ title, y, scoped }) => [title, y, scoped['x']])).toEqual([
      ['of $x', 4, '1'],
      ['of $x', 13, '2'],
      ['after', 22, undefined],
    ]);
    const once = placePanels(parsed, () => []);
    expect(once.panels).toHaveLength(4);
    expect(once.rows).toHaveLength(2);
  });

  test('downward copies stand below each other; without a value there is one panel', () => {
    const parsed = dashboard([panel('$x', 0, { repeat: 'x', repeatDirection: 'v' })]);
    expect(places(placePanels(parsed, () => ['a', 'b']).panels)).toEqual([
      '$x 0,0 24x4',
      '$x 0,4 24x4',
    ]);
    expect(placePanels(parsed, () => []).panels).toHaveLength(1);
  });

  test('a hidden query and Grafana’s own annotations are left out', () => {
    const parsed = parseDashboard(
      {
        title: 'D',
        panels: [
          panel('p', 0, {
            targets: [
              { expr: 'up', hide: true },
              { expr: 'down', refId: 'B' },
            ],
          }),
        ],
        annotations: {
          list: [
            { builtIn: 1, name: 'Annotations & Alerts' },
            { name: 'A', target: { expr: 'x' } },
          ],
        },
      },
      'd.json',
    );
    expect(parsed.panels[0]?.targets.map(({ refId }) => refId)).toEqual(['B']);
    expect(parsed.annotations.map(({ name, expr }) => [name, expr])).toEqual([['A', 'x']]);
  });

  const broken: readonly [string, unknown, RegExp][] = [
    ['no object', [], /expected object/i],
    ['no title', { panels: [] }, /title/],
    ['a panel without a type', { title: 'D', panels: [{ title: 'x' }] }, /^panels\.0\.type: /],
    ['a panel of null', { title: 'D', panels: [panel('a', 0), null] }, /^panels\.1: .*null/],
    [
      'a panel of a row that is none',
      { title: 'D', panels: [panel('a', 4), row('r', 0, { panels: [panel('b', 1), 7] })] },
      /^panels\.1\.panels\.1: /,
    ],
  ];
  test.each(broken)('%s is refused with its place', (_, value, said) => {
    expect(() => parseDashboard(value, 'd.json')).toThrow('d.json is not a Grafana dashboard');
    try {
      parseDashboard(value, 'd.json');
    } catch (error) {
      expect(error).toMatchObject({ code: 104, evidence: [expect.stringMatching(said)] });
    }
  });
});
