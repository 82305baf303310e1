/** A run as lines for a log: changes of state, and one line of figures each 10 s. */
import type { RunEvent } from '../events.ts';
import {
  formatClock,
  formatCount,
  formatDuration,
  formatMs,
  formatPercent,
  formatRate,
  formatSeconds,
  plural,
} from '../report/format.ts';
import { paint, plainText, symbolsOf } from '../report/text-style.ts';
import type { TextStyle } from '../report/text-style.ts';
import type { Output, World } from '../world.ts';
import type { Renderer } from './renderer.ts';
import { busiest, emptyRunState, nextRunState } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { terminalStyle } from './terminal.ts';

/** ms of run time between two lines of figures. */
const progressEveryMs = 10_000;

/** Lines on `out`, coloured only where `out` is a terminal. */
export function plainRenderer(world: Pick<World, 'env'>, out: Output): Renderer {
  const lines = plainLines(terminalStyle(world, out));
  let finished = false;
  return {
    event(event) {
      if (finished) return;
      for (const line of lines(event)) out.write(`${line}\n`);
    },
    finish() {
      finished = true;
      return Promise.resolve();
    },
  };
}

/** The lines that each event is worth, given those before it. */
export function plainLines(style: TextStyle): (event: RunEvent) => readonly string[] {
  let state = emptyRunState;
  let nextAtMs = progressEveryMs;
  return (event) => {
    const before = state;
    state = nextRunState(state, event);
    const lines = linesOf(event, before, style);
    if (event.kind !== 'tick') return lines;
    const lastOne = state.phase === 'draining' && before.phase === 'running';
    if (event.t < nextAtMs && !lastOne) return lines;
    nextAtMs = (Math.floor(event.t / progressEveryMs) + 1) * progressEveryMs;
    return [...lines, progressLine(state, style)];
  };
}

function linesOf(event: RunEvent, before: RunState, style: TextStyle): readonly string[] {
  const { arrow, warn } = symbolsOf(style);
  switch (event.kind) {
    case 'run-start':
      return [
        `${paint(style, 'strong', plainText(event.scenario))} on ${plainText(event.topology)}, ${plainText(event.url)}: ` +
          `${plural(event.plannedUsers, 'user')}, ${formatDuration(event.durationMs)}`,
        paint(style, 'dim', `run folder ${plainText(event.runDir)}`),
      ];
    case 'service': {
      const last = before.starting.get(event.name);
      if (last?.state === event.state && last.detail === event.detail) return [];
      const detail = event.detail === '' ? '' : ` ${plainText(event.detail)}`;
      return [`${plainText(event.name)}: ${plainText(event.state)}${detail}`];
    }
    case 'note':
      return [plainText(event.text)];
    case 'fault': {
      const tone = { planned: 'dim', injected: 'bad', undone: 'good', failed: 'warn' } as const;
      const since = before.faults.find(
        (one) => one.text === event.fault && one.phase === 'injected',
      )?.injectedAt;
      const after =
        event.phase === 'undone' && typeof since === 'number'
          ? ` after ${formatSeconds(event.t - since)}`
          : '';
      const detail = event.detail === '' ? '' : ` (${plainText(event.detail)})`;
      const words = `fault ${event.phase}: ${plainText(event.fault)}${after}${detail}`;
      return [`${formatClock(event.t)} ${paint(style, tone[event.phase], words)}`];
    }
    case 'warning':
      return [paint(style, 'warn', `${warn} warning: ${plainText(event.text)}`)];
    case 'stage':
      return [
        `${formatClock(event.t)} stage ${event.index + 1} of ${event.of} ${arrow} ${plural(event.target, 'user')}`,
      ];
    case 'tick':
      return [];
    case 'draining':
      return [
        event.interrupted
          ? 'interrupted: no more sends, waiting for what is under way (again to stop at once)'
          : 'draining: no more sends, waiting for what is under way',
      ];
    case 'run-end':
      return [];
  }
}

/** Elapsed and left, users, rates, latency, what is wrong so far, the busiest process. */
function progressLine(state: RunState, style: TextStyle): string {
  const { tick, start } = state;
  if (tick === null) return '';
  const left = (start?.durationMs ?? 0) - tick.t;
  const parts = [
    `${formatCount(tick.connected)} of ${formatCount(tick.targetUsers)} users`,
    `${formatRate(tick.sentPerSec)} sent/s`,
    `${formatRate(tick.deliveredPerSec)} delivered/s`,
    ...(tick.ackMs === null ? [] : [`ack p95 ${formatMs(tick.ackMs.p95)}`]),
    ...(tick.deliveryMs === null ? [] : [`delivery p95 ${formatMs(tick.deliveryMs.p95)}`]),
    wrong(tick.duplicated, 'duplicated', style),
    wrong(tick.errors, tick.errors === 1 ? 'error' : 'errors', style),
    ...(tick.refused > 0 ? [wrong(tick.refused, 'users refused', style)] : []),
  ];
  const top = busiest(state.services);
  if (top !== undefined) parts.push(`${plainText(top.name)} cpu ${formatPercent(top.cpuPct)}`);
  const time = `${formatClock(tick.t)}${left > 0 ? ` (${formatClock(left)} left)` : ''}`;
  return `${time} ${parts.join(', ')}`;
}

function wrong(count: number, words: string, style: TextStyle): string {
  const text = `${formatCount(count)} ${words}`;
  return count > 0 ? paint(style, 'bad', text) : text;
}
