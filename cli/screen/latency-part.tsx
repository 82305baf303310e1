/** Latency of the last second and a line of how its p95 went. */
import type { ReactNode } from 'react';

import { bareMs } from '../report/format.ts';
import { sparkline } from '../report/sparkline.ts';
import type { TextStyle } from '../report/text-style.ts';
import type { RunState, Tick } from './run-state.ts';
import { Line, Toned } from './tone.tsx';

const rows = [
  ['ack', (tick: Tick) => tick.ackMs],
  ['delivery', (tick: Tick) => tick.deliveryMs],
  ['http', (tick: Tick) => tick.httpMs],
] as const;

/** Label and three figures of 8 columns each. */
const figuresWidth = 10 + 3 * 8 + 3;

/** Three lines, four with `http`. */
export function LatencyPart({
  state,
  http,
  width,
  style,
}: {
  readonly state: RunState;
  readonly http: boolean;
  readonly width: number;
  readonly style: TextStyle;
}): ReactNode {
  const sparkWidth = Math.min(60, width - figuresWidth - 1);
  return (
    <>
      <Line>
        <Toned is="strong">{'Latency   '}</Toned>
        <Toned is="dim">{`${['p50', 'p95', 'p99'].map((name) => name.padStart(8)).join('')}  ms, p95 by second`}</Toned>
      </Line>
      {rows
        .filter(([name]) => name !== 'http' || http)
        .map(([name, read]) => {
          const now = state.tick === null ? null : read(state.tick);
          const figures = [now?.p50, now?.p95, now?.p99]
            .map((ms) => (ms === undefined ? '-' : bareMs(ms)).padStart(8))
            .join('');
          const trend = state.ticks.map((tick) => read(tick)?.p95 ?? null);
          return (
            <Line key={name}>
              {`  ${name.padEnd(8)}${figures}   `}
              <Toned is="accent">{sparkline(trend, sparkWidth, style.ascii)}</Toned>
            </Line>
          );
        })}
    </>
  );
}
