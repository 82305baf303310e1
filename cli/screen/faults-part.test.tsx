import { renderToString } from 'ink';
import { describe, expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import { displayWidth } from '../report/display-width.ts';
import { bareLines } from '../report/testing/bare-lines.ts';
import { plainLines } from './plain.ts';
import { RunScreen } from './run-screen.tsx';
import { emptyRunState, nextRunState } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { sampleEvents } from './testing/sample-events.ts';

const kill = 'kill@ws-2,at=20s,for=10s';
const restart = 'restart@redis,at=35s';

function fault(t: number, text: string, phase: 'planned' | 'injected' | 'undone' | 'failed') {
  const detail = phase === 'injected' ? 'pid 812 is gone' : '';
  return { kind: 'fault', t, fault: text, phase, detail } satisfies RunEvent;
}

const story: readonly RunEvent[] = [
  fault(0, kill, 'planned'),
  fault(0, restart, 'planned'),
  fault(20_003, kill, 'injected'),
  fault(30_100, kill, 'undone'),
  fault(35_001, restart, 'injected'),
];

/** The sample run with the story told up to `untilMs`. */
function stateAt(untilMs: number, told = story): RunState {
  const events = sampleEvents().filter((one) => !('t' in one) || one.t <= untilMs);
  return [...events, ...told.filter((one) => 't' in one && one.t <= untilMs)].reduce(
    nextRunState,
    emptyRunState,
  );
}

function screen(state: RunState, elapsedMs: number, columns = 80, rows = 24, ascii = false) {
  return bareLines(
    renderToString(
      <RunScreen
        state={state}
        size={{ columns, rows }}
        style={{ color: false, ascii }}
        elapsedMs={elapsedMs}
      />,
      { columns },
    ),
  );
}

describe('the timeline of faults on the screen', () => {
  test('before the first: planned, and nothing on the line', () => {
    const lines = screen(stateAt(10_000), 10_000);
    expect(lines.find((line) => line.startsWith('Faults'))).toMatch(/^Faults +─+·+ 0 active/);
    expect(lines).toContain(`  · ${kill} planned`);
    expect(lines).toContain(`  · ${restart} planned`);
  });

  test('while it is there: how long, and what was seen of it', () => {
    const lines = screen(stateAt(24_000), 24_000);
    expect(lines.find((line) => line.startsWith('Faults'))).toMatch(/─█+·+ 1 active/);
    expect(lines).toContain(`  ✗ ${kill} there for 4.0 s: pid 812 is gone`);
  });

  test('after it: when and after how long it was undone; the next one is there', () => {
    const lines = screen(stateAt(36_000), 36_000);
    expect(lines.find((line) => line.startsWith('Faults'))).toMatch(/─█+─+█+·+ 1 active/);
    expect(lines).toContain(`  ✓ ${kill} undone at 0:30, after 10.1 s`);
    expect(lines).toContain(`  ✗ ${restart} there for 1.0 s: pid 812 is gone`);
  });

  test('a fault that could not be done says so', () => {
    const lines = screen(
      stateAt(24_000, [fault(0, kill, 'planned'), fault(20_000, kill, 'failed')]),
      24_000,
    );
    expect(lines).toContain(`  ! ${kill} failed`);
  });

  test('a run without faults has no such line', () => {
    expect(screen(stateAt(24_000, []), 24_000).join('\n')).not.toContain('Faults');
  });

  test.each([60, 80, 160])('many faults fit every terminal of %i columns', (columns) => {
    const many = Array.from({ length: 12 }, (_, i) =>
      fault(i * 1000, `${kill},n=${i}`, 'injected'),
    );
    for (const rows of [10, 12, 16, 24, 50]) {
      for (const ascii of [false, true]) {
        const lines = screen(stateAt(24_000, many), 24_000, columns, rows, ascii);
        expect([rows, lines.length <= rows - 1]).toEqual([rows, true]);
        for (const line of lines) expect(displayWidth(line)).toBeLessThan(columns);
      }
    }
  });
});

test('plain lines: planned, injected with what was seen, undone after how long', () => {
  const lines = plainLines({ color: false, ascii: false });
  expect(story.flatMap((event) => lines(event))).toEqual([
    `0:00 fault planned: ${kill}`,
    `0:00 fault planned: ${restart}`,
    `0:20 fault injected: ${kill} (pid 812 is gone)`,
    `0:30 fault undone: ${kill} after 10.1 s`,
    `0:35 fault injected: ${restart} (pid 812 is gone)`,
  ]);
});
