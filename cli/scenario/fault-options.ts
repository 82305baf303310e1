/** What each kind of fault takes: where it may be done, for how long, and its own options. */
import { parseDurationMs } from '../topology/quantity.ts';
import { parseBytes } from './amounts.ts';
import type { FaultKind } from './fault.ts';

/** How one option's value is read; `undefined` refuses it. */
export type FaultOption = {
  /** What may be written, for errors. */
  readonly title: string;
  readonly required: boolean;
  readonly parse: (text: string) => number | string | undefined;
};

export type FaultRule = {
  /** `edge`: an edge (`nginx-ws-1`) or a service, which means all its edges. */
  readonly where: 'any service' | 'a server' | 'redis' | 'nginx' | 'edge';
  /** `must`: it lasts, so what is not written comes from the stages. `never`: it is over at once. */
  readonly lasts: 'must' | 'may' | 'never';
  readonly options: Readonly<Record<string, FaultOption>>;
};

/** A fault lasts at most an hour: the guard undoes it, but nobody waits longer. */
export const longestFaultMs = 3_600_000;

const need = (option: Omit<FaultOption, 'required'>): FaultOption => ({
  ...option,
  required: true,
});
const may = (option: Omit<FaultOption, 'required'>): FaultOption => ({
  ...option,
  required: false,
});

function time(example: string, leastMs: number, mostMs: number): Omit<FaultOption, 'required'> {
  return {
    title: `a time such as ${example}, from ${leastMs} ms to ${mostMs / 1000} s`,
    parse: (text) => {
      const ms = parseDurationMs(text);
      return ms !== undefined && ms >= leastMs && ms <= mostMs ? ms : undefined;
    },
  };
}

/** `512B`, `64KB`, `1MiB`, with an optional `/s` where `perSec`; 0 and above 1 GB are refused. */
function size(perSec: boolean): Omit<FaultOption, 'required'> {
  return {
    title: perSec ? 'bytes a second such as 64KB/s' : 'a size such as 512B or 64KB',
    parse: (text) => {
      const bytes = parseBytes(perSec ? text.trim().replace(/\/s$/, '') : text) ?? Number.NaN;
      return bytes >= 1 && bytes <= 1_000_000_000 ? bytes : undefined;
    },
  };
}

const direction: FaultOption = may({
  title: 'both, up (from the client side) or down (towards it)',
  parse: (text) => (['both', 'up', 'down'].includes(text) ? text : undefined),
});

/** One row a kind. */
export const faultRules: Readonly<Record<FaultKind, FaultRule>> = {
  kill: { where: 'any service', lasts: 'may', options: {} },
  term: { where: 'any service', lasts: 'may', options: {} },
  pause: { where: 'any service', lasts: 'must', options: {} },
  block: { where: 'a server', lasts: 'must', options: {} },
  restart: { where: 'redis', lasts: 'may', options: {} },
  'client-kill': { where: 'redis', lasts: 'never', options: {} },
  'power-loss': { where: 'redis', lasts: 'may', options: { lose: may(time('1s', 0, 2000)) } },
  'slow-fsync': {
    where: 'redis',
    lasts: 'must',
    options: { delay: need(time('200ms', 1, 30_000)) },
  },
  reload: { where: 'nginx', lasts: 'may', options: { every: may(time('5s', 200, 3_600_000)) } },
  'worker-kill': { where: 'nginx', lasts: 'never', options: {} },
  'bad-config': { where: 'nginx', lasts: 'may', options: {} },
  latency: {
    where: 'edge',
    lasts: 'must',
    options: {
      delay: need(time('200ms', 0, 60_000)),
      jitter: may(time('50ms', 0, 60_000)),
      direction,
    },
  },
  rate: { where: 'edge', lasts: 'must', options: { rate: need(size(true)), direction } },
  blackhole: { where: 'edge', lasts: 'must', options: { direction } },
  reset: { where: 'edge', lasts: 'may', options: {} },
  refuse: { where: 'edge', lasts: 'must', options: {} },
  cut: { where: 'edge', lasts: 'must', options: { bytes: need(size(false)), direction } },
};
