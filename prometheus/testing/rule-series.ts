/** Names of series as Prometheus has them, for the cases of the rules. */
import { climb, flat, joined } from './rule-test-file.ts';
import type { Values } from './rule-test-file.ts';

export const at = (instance: string): string => `topology="scaled", instance="${instance}"`;
export const server = (name: string, instance: string, more = ''): string =>
  `${name}{job="rtops-server", ${at(instance)}${more === '' ? '' : `, ${more}`}}`;
export const up = (job: string, instance: string): string => `up{job="${job}", ${at(instance)}}`;
export const run = (name: string, more = ''): string =>
  `${name}{job="rtops-run", ${at('run')}, scenario="chat"${more === '' ? '' : `, ${more}`}}`;
export const exporter = (name: string, more: string): string =>
  `${name}{job="rtops-exporter", ${at('exporter')}, ${more}}`;

export const connections = (instance: string): string =>
  server('rtops_server_connections', instance, 'transport="websocket"');

/** `share` of `perSec` for the middle minute, nothing before and after. */
export function middleMinute(perSec: number, share: number): Values {
  const grown = perSec * share * 60;
  return joined(flat(0, 30), climb(0, perSec * share, 60), flat(grown, 90));
}

/**
 * 20 of the 1,500 of a window fail at 60 s (1.3 %), and traffic grows fourfold: 4 s later they are
 * below 1 %.
 */
export function soonDiluted(
  all: string,
  failed: string,
  windowSec: number,
): Readonly<Record<string, Values>> {
  const perSec = 1500 / windowSec;
  return {
    [all]: joined(climb(0, perSec, 60), climb(60 * perSec, 4 * perSec, 60)),
    [failed]: joined(flat(1000, 60), flat(1020, 60)),
  };
}
