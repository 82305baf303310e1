import { renderToString } from 'ink';
import { describe, expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import { displayWidth } from '../report/display-width.ts';
import { bareLines } from '../report/testing/bare-lines.ts';
import type { Size } from './layout.ts';
import { RunScreen } from './run-screen.tsx';
import { emptyRunState, nextRunState } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { sampleEvents } from './testing/sample-events.ts';

const events = sampleEvents();

describe('the live screen', () => {
  const states: readonly (readonly [string, RunState])[] = [
    ['nothing yet', emptyRunState],
    ['starting', stateAfter(events.slice(0, 5))],
    ['just started', stateAfter(events.slice(0, 8))],
    ['running', stateAfter(events.slice(0, 40))],
    ['ended', stateAfter(events)],
    ['all services held down', allHeld(stateAfter(sampleEvents({ services: 12 })))],
    ['40 services and 20 warnings', stateAfter(sampleEvents({ services: 40, warnings: 20 }))],
    ['names of two columns a character', stateAfter(withWideNames(sampleEvents()))],
  ];
  test.each(states)('%s: never taller than rows − 1, never wider than the terminal', (_, state) => {
    for (const rows of [10, 11, 13, 16, 20, 24, 31, 44, 60]) {
      for (const columns of [60, 80, 200]) {
        const lines = screen(state, { columns, rows });
        expect([rows, columns, lines.length <= rows - 1]).toEqual([rows, columns, true]);
        for (const line of lines) {
          expect([columns, line, displayWidth(line) < columns]).toEqual([columns, line, true]);
        }
      }
    }
  });

  test('at 80×24 every part is there', () => {
    const text = screen(stateAfter(events.slice(0, 40)), { columns: 80, rows: 24 }).join('\n');
    for (const word of [
      'chat-1000 on scaled',
      'stage',
      'Users',
      'Rates',
      'ack',
      'delivery',
      'Ledger',
      'ws-2',
      'Generator',
      'ws-1 restarted',
    ]) {
      expect(text).toContain(word);
    }
    expect(text).not.toContain('Deliveries/s, top');
  });

  test('at 80 columns the bad news is read to its end, on a large run too', () => {
    const state = stateAfter(events.slice(0, 40));
    const tick = state.tick ?? never();
    const bad: RunState = {
      ...state,
      start: { ...(state.start ?? never()), plannedUsers: 10_000 },
      tick: {
        ...tick,
        ...{ targetUsers: 10_000, connected: 9877, refused: 12_345, errors: 123_456 },
        ...{ sentPerSec: 5000, deliveredPerSec: 50_000, httpPerSec: 1000 },
        ...{ sent: 999_999, acked: 999_999, delivered: 9_999_999, duplicated: 12 },
        ...{ lateSends: 12_345, generatorLoopLagMs: 1234 },
      },
      services: state.services.map((one) => ({
        ...one,
        ...{ restarts: one.name === 'ws-2' ? 12 : 0, connections: 5000, loopLagMs: 1234 },
      })),
    };
    const lines = screen(bad, { columns: 80, rows: 30 });
    const lineOf = (word: string) => lines.find((line) => line.trimStart().startsWith(word));
    expect(lineOf('Users')).toMatch(/ of 10,000 wanted, 10,000 planned, 12,345 refused$/);
    expect(lineOf('Rates')).toMatch(/ 123,456 errors$/);
    expect(lineOf('Ledger')).toMatch(/ 12 duplicated$/);
    expect(lineOf('Services')).toMatch(/ loop lag {2}restarts$/);
    expect(lineOf('ws-2')).toMatch(/ 1,234 ms +12$/);
    expect(lineOf('ws-1')).toMatch(/ 1,234 ms$/);
    expect(lineOf('Generator')).toMatch(/ 12,345 late sends: figures in doubt$/);
  });

  test('who only watches stands below who is watched, by its whole name', () => {
    const state = stateAfter(events.slice(0, 40));
    const [first] = state.services;
    const watcher = { ...(first ?? never()), name: 'redis-exporter', kind: 'redis-exporter' };
    const services = [watcher, ...state.services];
    const lines = screen({ ...state, services }, { columns: 80, rows: 40 });
    const at = (name: string) => lines.findIndex((line) => line.trimStart().startsWith(`${name} `));
    for (const { name } of state.services) expect(at('redis-exporter')).toBeGreaterThan(at(name));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('at 160×50 there are charts as well, and the screen does not grow past its parts', () => {
    const lines = screen(stateAfter(events.slice(0, 40)), { columns: 160, rows: 50 });
    expect(lines.join('\n')).toContain('Deliveries/s, top');
    expect(lines.length).toBeLessThan(45);
  });

  test('services that do not fit are counted, the busiest shown', () => {
    const state = stateAfter(sampleEvents({ services: 40 }).slice(0, 30));
    const lines = screen(state, { columns: 80, rows: 24 });
    expect(lines.some((line) => /and \d+ more/.test(line))).toBe(true);
    expect(lines.some((line) => line.includes('ws-3'))).toBe(true);
    expect(lines.some((line) => line.includes('nginx'))).toBe(false);
  });

  test('a service that is held down stays on the screen, and says so', () => {
    const before = stateAfter(events.slice(0, 40));
    const held = nextRunState(before, {
      ...{ kind: 'service', name: 'ws-2', state: 'held', detail: 'kill@ws-2' },
    });
    const read = (names: readonly string[]): RunEvent => ({
      ...{ kind: 'tick', t: 30_000, tick: held.tick ?? never() },
      services: before.services.filter(({ name }) => names.includes(name)),
    });
    const all = before.services.map(({ name }) => name);
    const without = nextRunState(held, read(all.filter((name) => name !== 'ws-2')));
    const lineOf = (state: RunState) =>
      screen(state, { columns: 80, rows: 30 }).find((line) => line.includes('ws-2  '));
    expect(lineOf(without)).toMatch(/^ +ws-2 +held$/);
    const starting = nextRunState(without, {
      ...{ kind: 'service', name: 'ws-2', state: 'starting', detail: '' },
    });
    expect(lineOf(starting)).toMatch(/^ +ws-2 +starting$/);
    expect(lineOf(nextRunState(starting, read(all)))).toContain('%');
  });

  test('in ASCII there is no other character', () => {
    const lines = screen(stateAfter(events.slice(0, 40)), { columns: 120, rows: 50 }, true);
    for (const line of lines) expect(line).toMatch(/^[\u0020-\u007E]*$/);
  });

  test('an interrupt is said at once', () => {
    const state = stateAfter([
      ...events.slice(0, 40),
      { kind: 'draining', t: 0, interrupted: true },
    ]);
    expect(screen(state, { columns: 80, rows: 24 })[1]).toContain('interrupted: waiting');
  });
});

function screen(state: RunState, size: Size, ascii = false): readonly string[] {
  const node = (
    <RunScreen state={state} size={size} style={{ color: true, ascii }} elapsedMs={23_000} />
  );
  return bareLines(renderToString(node, { columns: size.columns }));
}

function stateAfter(all: readonly RunEvent[]): RunState {
  return all.reduce(nextRunState, emptyRunState);
}

function withWideNames(all: readonly RunEvent[]): readonly RunEvent[] {
  const wide = '채팅부하시험이름이매우깁니다'.repeat(8);
  return all.map((event): RunEvent => {
    if (event.kind === 'run-start') return { ...event, scenario: wide, topology: wide };
    if (event.kind === 'warning') return { ...event, text: wide };
    if (event.kind === 'tick') {
      return {
        ...event,
        services: event.services.map((one) => ({ ...one, name: wide + one.name })),
      };
    }
    return event;
  });
}

function allHeld(state: RunState): RunState {
  const absent = state.services.slice(1).map(({ name }) => ({ name, state: 'held' }));
  return { ...state, services: state.services.slice(0, 1), absent };
}

function never(): never {
  throw new Error('no tick was heard of');
}
