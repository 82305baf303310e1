/** Cases of LatencySLO, as users and as servers see it: see service-cases.ts. */
import { run, server } from './rule-series.ts';
import { climb, flat, joined } from './rule-test-file.ts';
import type { RuleCase, Values } from './rule-test-file.ts';

export const latencyCases: readonly RuleCase[] = [
  ...casesOf('client', 'rtops_client_delivery_seconds', (more) => more),
  ...casesOf(
    'server',
    'rtops_server_event_duration_seconds',
    (more) => `event="chat:send-message", outcome="ok"${more}`,
  ),
];

function casesOf(
  of: 'client' | 'server',
  histogram: string,
  labels: (more: string) => string,
): readonly RuleCase[] {
  const series = (suffix: string, more: string): string =>
    of === 'client'
      ? run(`${histogram}_${suffix}`, more)
      : server(`${histogram}_${suffix}`, 'ws-1', labels(more === '' ? '' : `, ${more}`));
  /** 100 messages a second; of `slowSec` seconds after the first, a share is slow. */
  const messages = (
    slowShare: number,
    slowSec: number,
    goodSec = 120,
  ): Readonly<Record<string, Values>> => ({
    [series('count', '')]: climb(0, 100, goodSec + slowSec + 1200),
    [series('bucket', 'le="0.15"')]: joined(
      climb(0, 100, goodSec),
      climb(100 * goodSec, 100 * (1 - slowShare), slowSec),
      climb(100 * (goodSec + (1 - slowShare) * slowSec), 100, 1200),
    ),
  });
  const fast = `of="${of}", burn="fast"`;
  const slow = `of="${of}", burn="slow"`;
  return [
    {
      alert: 'LatencySLO',
      only: fast,
      says: `(${of}) fires when half is slow for a minute, and falls soon`,
      series: messages(0.5, 60),
      firing: { 118: 0, 170: 1, 200: 0 },
    },
    {
      alert: 'LatencySLO',
      only: fast,
      says: `(${of}) is quiet just below six times the budget`,
      series: messages(0.29, 60),
      firing: { 150: 0, 178: 0 },
    },
    {
      alert: 'LatencySLO',
      only: fast,
      says: `(${of}) is quiet for ten bad seconds`,
      series: messages(0.9, 10),
      firing: { 126: 0, 130: 0, 140: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) is quiet for a bad minute in a run of a few`,
      series: messages(0.5, 60),
      firing: { 170: 0, 200: 0, 280: 0, 420: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) is quiet for bad minutes in half an hour`,
      series: messages(0.6, 150, 1500),
      firing: { 1650: 0, 1870: 0, 1890: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) falls five minutes after the last slow one, whatever half an hour says`,
      series: messages(0.5, 400),
      firing: { 118: 0, 510: 1, 830: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) fires when a fifth is slow for ten minutes, and falls`,
      series: messages(0.2, 600),
      firing: { 118: 0, 715: 1, 1300: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) is quiet just below twice the budget`,
      series: messages(0.095, 600),
      firing: { 500: 0, 715: 0 },
    },
    {
      alert: 'LatencySLO',
      only: `of="${of}"`,
      says: `(${of}) is quiet when the counters begin again`,
      series: {
        [series('count', '')]: joined(climb(0, 100, 60), climb(0, 100, 60)),
        [series('bucket', 'le="0.15"')]: joined(climb(0, 100, 60), climb(0, 100, 60)),
      },
      firing: { 62: 0, 90: 0 },
    },
    {
      alert: 'LatencySLO',
      only: `of="${of}"`,
      says: `(${of}) is quiet below one a second`,
      series: {
        [series('count', '')]: climb(0, 0.9, 700),
        [series('bucket', 'le="0.15"')]: flat(0, 700),
      },
      firing: { 100: 0, 600: 0 },
    },
  ];
}
