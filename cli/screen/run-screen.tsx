/** The live screen of a run: a picture of the state, nothing else. */
import { Box } from 'ink';
import type { ReactNode } from 'react';

import {
  formatClock,
  formatCount,
  formatMs,
  formatPercent,
  formatRate,
  plural,
} from '../report/format.ts';
import { bar } from '../report/sparkline.ts';
import { plainText, symbolsOf } from '../report/text-style.ts';
import type { TextStyle } from '../report/text-style.ts';
import { ChartsPart } from './charts-part.tsx';
import { FaultsPart } from './faults-part.tsx';
import { LatencyPart } from './latency-part.tsx';
import { layoutScreen } from './layout.ts';
import type { Size } from './layout.ts';
import type { RunState } from './run-state.ts';
import { ServicesPart } from './services-part.tsx';
import { StartingScreen } from './starting-screen.tsx';
import { Line, StyleContext, Toned } from './tone.tsx';

export type ScreenProps = {
  readonly state: RunState;
  readonly size: Size;
  readonly style: TextStyle;
  /** ms since run start by the wall clock, so that a stalled run is seen to stall. */
  readonly elapsedMs: number;
};

/** Never taller than `size.rows` − 1 from 10 rows on, never wider than `size.columns` − 1. */
export function RunScreen(props: ScreenProps): ReactNode {
  return (
    <StyleContext value={props.style}>
      {props.state.start === null ? <StartingScreen {...props} /> : <RunningScreen {...props} />}
    </StyleContext>
  );
}

function RunningScreen({ state, size, style, elapsedMs }: ScreenProps): ReactNode {
  const layout = layoutScreen(state, size);
  const gap = layout.gaps ? <Line /> : null;
  return (
    <Box flexDirection="column" width={layout.width} height={layout.height} overflow="hidden">
      <HeaderLine state={state} elapsedMs={elapsedMs} width={layout.width} style={style} />
      <StageLine state={state} elapsedMs={elapsedMs} width={layout.width} style={style} />
      {gap}
      <UsersLine state={state} width={layout.width} style={style} />
      <RatesLine state={state} />
      {gap}
      <LatencyPart state={state} http={layout.http} width={layout.width} style={style} />
      {layout.charts > 0 ? (
        <ChartsPart state={state} lines={layout.charts} width={layout.width} style={style} />
      ) : null}
      {gap}
      {layout.faults > 0 ? (
        <FaultsPart
          state={state}
          lines={layout.faults}
          elapsedMs={elapsedMs}
          width={layout.width}
          style={style}
        />
      ) : null}
      <LedgerLine state={state} />
      {layout.services > 0 ? gap : null}
      {layout.services > 0 ? (
        <ServicesPart
          services={state.services}
          absent={state.absent}
          lines={layout.services}
          width={layout.width}
          style={style}
        />
      ) : null}
      {gap}
      <GeneratorLine state={state} style={style} />
      {state.messages.slice(state.messages.length - layout.messages).map((message, index) => (
        <Line key={index}>
          {message.kind === 'warning' ? (
            <Toned is="warn">{`${symbolsOf(style).warn} ${plainText(message.text)}`}</Toned>
          ) : (
            <Toned is="dim">{`  ${plainText(message.text)}`}</Toned>
          )}
        </Line>
      ))}
    </Box>
  );
}

type PartProps = { readonly state: RunState; readonly width: number; readonly style: TextStyle };

function HeaderLine({
  state,
  elapsedMs,
  width,
  style,
}: PartProps & { readonly elapsedMs: number }): ReactNode {
  const { start } = state;
  if (start === null) return null;
  const leftMs = start.durationMs - elapsedMs;
  const clock =
    `${formatClock(elapsedMs)} of ${formatClock(start.durationMs)}` +
    (leftMs > 0 && state.phase === 'running'
      ? ` ${symbolsOf(style).dot} ${formatClock(leftMs)} left`
      : '');
  return (
    <Box height={1} flexShrink={0} width={width} justifyContent="space-between">
      <Line>
        <Toned is="strong">{plainText(start.scenario)}</Toned>
        {` on ${plainText(start.topology)} `}
        <Toned is="dim">{plainText(start.url)}</Toned>
      </Line>
      <Box flexShrink={0}>
        <Line>{clock}</Line>
      </Box>
    </Box>
  );
}

function StageLine({
  state,
  elapsedMs,
  width,
  style,
}: PartProps & { readonly elapsedMs: number }): ReactNode {
  const { start, stage, phase } = state;
  const words = {
    starting: '',
    running:
      stage === null
        ? 'first users'
        : `stage ${stage.index + 1} of ${stage.of} ${symbolsOf(style).arrow} ${plural(stage.target, 'user')}`,
    draining: 'draining: waiting for the last deliveries',
    interrupted: 'interrupted: waiting for what is under way',
    ended: 'judging',
  }[phase];
  const barWidth = Math.max(10, Math.min(60, width - 46));
  const share = start === null || start.durationMs === 0 ? 0 : elapsedMs / start.durationMs;
  return (
    <Line>
      <Toned is="accent">{bar(share, barWidth, style.ascii)}</Toned>
      {'  '}
      <Toned is={phase === 'interrupted' ? 'warn' : 'strong'}>{words}</Toned>
    </Line>
  );
}

function UsersLine({ state, width, style }: PartProps): ReactNode {
  const { tick, start } = state;
  const connected = tick?.connected ?? 0;
  const planned = start?.plannedUsers ?? 0;
  const refused = tick?.refused ?? 0;
  const wanted = `  of ${formatCount(tick?.targetUsers ?? 0)} wanted, ${formatCount(planned)} planned`;
  const turnedAway = refused > 0 ? `, ${formatCount(refused)} refused` : '';
  // The bar gives way: whatever the counts, who was refused is read to the end.
  const left = width - 20 - wanted.length - turnedAway.length;
  const barWidth = Math.max(4, Math.min(40, width - 62, left));
  return (
    <Line>
      <Toned is="strong">{'Users     '}</Toned>
      {`${formatCount(connected).padStart(8)}  `}
      <Toned is="accent">
        {bar(planned === 0 ? 0 : connected / planned, barWidth, style.ascii)}
      </Toned>
      {wanted}
      {turnedAway === '' ? null : <Toned is="bad">{turnedAway}</Toned>}
    </Line>
  );
}

function RatesLine({ state }: { readonly state: RunState }): ReactNode {
  const { tick } = state;
  const errors = tick?.errors ?? 0;
  return (
    <Line>
      <Toned is="strong">{'Rates     '}</Toned>
      {`${formatRate(tick?.sentPerSec ?? 0).padStart(8)}  sent/s, ${formatRate(tick?.deliveredPerSec ?? 0)} delivered/s, ${formatRate(tick?.httpPerSec ?? 0)} HTTP/s, `}
      <Toned is={errors > 0 ? 'bad' : 'dim'}>{plural(errors, 'error')}</Toned>
    </Line>
  );
}

function LedgerLine({ state }: { readonly state: RunState }): ReactNode {
  const { tick } = state;
  const duplicated = tick?.duplicated ?? 0;
  return (
    <Line>
      <Toned is="strong">{'Ledger    '}</Toned>
      {`${formatCount(tick?.sent ?? 0).padStart(8)}  sent, ${formatCount(tick?.acked ?? 0)} acked, ${formatCount(tick?.delivered ?? 0)} delivered, `}
      <Toned is={duplicated > 0 ? 'bad' : 'dim'}>{`${formatCount(duplicated)} duplicated`}</Toned>
    </Line>
  );
}

/** Late sends that begin to matter: the judge refuses a run with more than 1 % of them. */
const lateShareShown = 0.01;

function GeneratorLine({
  state,
}: {
  readonly state: RunState;
  readonly style: TextStyle;
}): ReactNode {
  const { tick } = state;
  const late = tick?.lateSends ?? 0;
  const isLate = late > 0 && late > (tick?.sent ?? 0) * lateShareShown;
  return (
    <Line>
      <Toned is="strong">{'Generator '}</Toned>
      {`${formatPercent(tick?.generatorCpuPct ?? 0).padStart(8)}  cpu, loop lag ${formatMs(tick?.generatorLoopLagMs ?? 0)}, `}
      <Toned
        is={isLate ? 'bad' : 'dim'}
      >{`${plural(late, 'late send')}${isLate ? ': figures in doubt' : ''}`}</Toned>
    </Line>
  );
}
