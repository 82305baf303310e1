/** The timeline of faults: where on the run each lies, what is there now, and what was seen of it. */
import type { ReactNode } from 'react';

import { formatClock, formatSeconds } from '../report/format.ts';
import { plainText, symbolsOf } from '../report/text-style.ts';
import type { TextStyle, Tone } from '../report/text-style.ts';
import type { FaultState, RunState } from './run-state.ts';
import { Line, Toned } from './tone.tsx';

/** `lines` in all: the timeline, then the faults that are there, those to come, those undone. */
export function FaultsPart({
  state,
  lines,
  elapsedMs,
  width,
  style,
}: {
  readonly state: RunState;
  readonly lines: number;
  readonly elapsedMs: number;
  readonly width: number;
  readonly style: TextStyle;
}): ReactNode {
  const shown = mostUrgent(state.faults, lines - 1);
  const active = state.faults.filter((one) => one.phase === 'injected').length;
  return (
    <>
      <Line>
        <Toned is="strong">{'Faults    '}</Toned>
        <Toned is={active > 0 ? 'bad' : 'dim'}>
          {timeline(state, elapsedMs, Math.max(10, Math.min(100, width - 24)), style)}
        </Toned>
        <Toned is="dim">{` ${String(active)} active`}</Toned>
      </Line>
      {shown.map((fault, index) => (
        <Line key={index}>
          <Toned is={toneOf(fault)}>{`  ${markOf(fault, style)} `}</Toned>
          {plainText(fault.text)}
          <Toned is={toneOf(fault)}>{` ${wordsOf(fault, elapsedMs)}`}</Toned>
        </Line>
      ))}
    </>
  );
}

/** In the order of the timeline; where there is no room for all, those undone go first. */
function mostUrgent(faults: readonly FaultState[], most: number): readonly FaultState[] {
  const rank = { injected: 0, failed: 1, planned: 2, undone: 3 };
  const chosen = new Set(
    faults.toSorted((a, b) => rank[a.phase] - rank[b.phase]).slice(0, Math.max(0, most)),
  );
  return faults.filter((one) => chosen.has(one));
}

/**
 * The run as `width` characters: what has passed, what is to come, and where faults were. A fault that
 * is only planned has no place yet: when it is due is in its text.
 */
function timeline(
  { faults, start }: RunState,
  elapsedMs: number,
  width: number,
  style: TextStyle,
): string {
  const endMs = Math.max(start?.durationMs ?? 0, elapsedMs, 1);
  const cells = Array.from({ length: width }, (_, cell) => {
    const [fromMs, toMs] = [cell, cell + 1].map((edge) => (edge * endMs) / width);
    const isFault = faults.some(
      ({ injectedAt, endedAt }) =>
        injectedAt !== null &&
        injectedAt < (toMs ?? 0) &&
        Math.max(endedAt ?? elapsedMs, injectedAt + 1) > (fromMs ?? 0),
    );
    if (isFault) return style.ascii ? 'X' : '█';
    return (fromMs ?? 0) < elapsedMs ? symbolsOf(style).rule : style.ascii ? '.' : '·';
  });
  return cells.join('');
}

function toneOf({ phase }: FaultState): Tone {
  switch (phase) {
    case 'planned':
      return 'dim';
    case 'injected':
      return 'bad';
    case 'undone':
      return 'good';
    case 'failed':
      return 'warn';
  }
}

function markOf({ phase }: FaultState, style: TextStyle): string {
  const { fail, pass, warn, dot } = symbolsOf(style);
  return { planned: dot, injected: fail, undone: pass, failed: warn }[phase];
}

function wordsOf({ phase, detail, injectedAt, endedAt }: FaultState, elapsedMs: number): string {
  const aside = detail === '' ? '' : `: ${plainText(detail)}`;
  switch (phase) {
    case 'planned':
      return 'planned';
    case 'injected':
      return `there for ${formatSeconds(Math.max(0, elapsedMs - (injectedAt ?? elapsedMs)))}${aside}`;
    case 'undone':
      return `undone at ${formatClock(endedAt ?? 0)}, after ${formatSeconds((endedAt ?? 0) - (injectedAt ?? 0))}`;
    case 'failed':
      return `failed${aside}`;
  }
}
