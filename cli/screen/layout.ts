/** How many lines each part of the live screen gets, so that the whole is never taller than the terminal. */
import type { RunState } from './run-state.ts';

export type Size = { readonly columns: number; readonly rows: number };

/** Lines of each part; 0 leaves it out. Their sum is {@link Layout.height}. */
export type Layout = {
  readonly height: number;
  /** Columns to write in: one less than there are, since some terminals wrap a full line. */
  readonly width: number;
  /** Blank lines between the parts. */
  readonly gaps: boolean;
  /** Heading and rows. */
  readonly services: number;
  readonly http: boolean;
  readonly messages: number;
  /** The timeline, and a line a fault. */
  readonly faults: number;
  /** Title and chart. */
  readonly charts: number;
};

/** Header, stage, users, rates, latency with ack and delivery, ledger, generator. */
const alwaysLines = 9;
/** Between head, users, latency, ledger, services and generator. */
const gapLines = 5;
const maxMessages = 3;
const maxFaults = 6;
const chartLines = { min: 5, max: 12 };

/** The layout of a running screen. For terminals of 10 rows or more `height` ≤ rows − 1. */
export function layoutScreen(state: RunState, size: Size): Layout {
  let left = Math.max(0, size.rows - 1 - alwaysLines);
  const take = (wanted: number, least = wanted): number => {
    const got = wanted <= left ? wanted : left >= least ? left : 0;
    left -= got;
    return got;
  };
  const count = state.services.length + state.absent.length;
  const faults =
    state.faults.length > 0 ? take(1 + Math.min(maxFaults, state.faults.length), 1) : 0;
  const firstMessage = state.messages.length > 0 ? take(1) : 0;
  const services = count > 0 ? take(count + 1, 2) : 0;
  const http = (state.tick?.httpMs ?? null) !== null && take(1) === 1;
  const gaps = take(gapLines) === gapLines;
  const messages =
    firstMessage +
    take(Math.max(0, Math.min(maxMessages, state.messages.length) - firstMessage), 1);
  const charts = state.ticks.length > 1 ? take(chartLines.max, chartLines.min) : 0;
  return {
    height: Math.max(0, size.rows - 1 - left - Math.max(0, alwaysLines - (size.rows - 1))),
    width: Math.max(20, size.columns - 1),
    gaps,
    services,
    http,
    messages,
    faults,
    charts,
  };
}
