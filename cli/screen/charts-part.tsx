/** Two charts side by side where the terminal has room: deliveries a second and their p95. */
import { Box } from 'ink';
import type { ReactNode } from 'react';

import { formatMs, formatRate } from '../report/format.ts';
import { areaChart, stretch } from '../report/sparkline.ts';
import type { TextStyle } from '../report/text-style.ts';
import { keptTicks } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { Line, Toned } from './tone.tsx';

type ChartProps = {
  readonly title: string;
  readonly values: readonly (number | null)[];
  /** Values that would fill the chart. */
  readonly total: number;
  readonly lines: number;
  readonly width: number;
  readonly style: TextStyle;
};

/** A blank line, titles with the highest value, and the charts: `lines` in all. */
export function ChartsPart({
  state,
  lines,
  width,
  style,
}: {
  readonly state: RunState;
  readonly lines: number;
  readonly width: number;
  readonly style: TextStyle;
}): ReactNode {
  const chartWidth = Math.floor((width - 4) / 2);
  const delivered = state.ticks.map((tick) => tick.deliveredPerSec);
  const p95 = state.ticks.map((tick) => tick.deliveryMs?.p95 ?? null);
  // One tick a second; the charts fill from the left as the run goes on.
  const total = Math.min(keptTicks, Math.ceil((state.start?.durationMs ?? 0) / 1000));
  const shared = { total, lines: lines - 1, width: chartWidth, style };
  return (
    <>
      <Line />
      <Box height={lines - 1} flexShrink={0}>
        <Chart
          title={`Deliveries/s, top ${formatRate(highest(delivered))}`}
          values={delivered}
          {...shared}
        />
        <Box width={4} flexShrink={0} />
        <Chart title={`Delivery p95, top ${formatMs(highest(p95))}`} values={p95} {...shared} />
      </Box>
    </>
  );
}

function Chart({ title, values, total, lines, width, style }: ChartProps): ReactNode {
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      <Line>
        <Toned is="dim">{title}</Toned>
      </Line>
      {areaChart(
        stretch(values, total, width * (style.ascii ? 1 : 2)),
        width,
        lines - 1,
        style.ascii,
      ).map((text, index) => (
        <Line key={index}>
          <Toned is="accent">{text}</Toned>
        </Line>
      ))}
    </Box>
  );
}

function highest(values: readonly (number | null)[]): number {
  return values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
}
