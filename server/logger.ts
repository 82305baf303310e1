/** The server's log: one JSON object a line on stdout. */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from './config.ts';

/**
 * Every line bears `node`, `topology`, `time` (wall clock, ms since 1970) and `us` (CLOCK_MONOTONIC in
 * µs, which all processes of a host share: steps of one message lie closer together than a ms).
 */
export function createLogger(
  { logLevel, node, topology }: Pick<Config, 'logLevel' | 'node' | 'topology'>,
  destination?: DestinationStream,
): Logger {
  return pino(
    {
      level: logLevel,
      base: topology === '' ? { node } : { node, topology },
      timestamp: () => `,"time":${Date.now()},"us":${monotonicUs()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    ...(destination === undefined ? [] : [destination]),
  );
}

// `performance.now()` reads the same clock without making a BigInt; only its origin differs.
const originUs = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000;

function monotonicUs(): number {
  return Math.round(originUs + performance.now() * 1000);
}
