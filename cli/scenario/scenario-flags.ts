/** The texts of `bench`'s flags to {@link ScenarioOverrides}. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { parseDurationMs } from '../topology/quantity.ts';
import {
  longestMs,
  messageRateTitle,
  mostUsers,
  parseMessageRate,
  parseStage,
  stageTitle,
} from './amounts.ts';
import type { ScenarioOverrides } from './override-scenario.ts';
import { parseFlood } from './parse-fault.ts';
import type { Stage } from './scenario.ts';

/** What was typed, as `bench` has it; absent: not typed. */
export type ScenarioFlags = {
  readonly users?: string | undefined;
  readonly duration?: string | undefined;
  readonly rate?: string | undefined;
  readonly stage?: readonly string[] | undefined;
  readonly threshold?: readonly string[] | undefined;
  /** `false` for `--no-default-thresholds`: the scenario's own are left out, written or default. */
  readonly defaultThresholds?: boolean | undefined;
  readonly seed?: number | undefined;
  /** In place of the scenario's own, when there is one. */
  readonly fault?: readonly string[] | undefined;
  readonly flood?: string | undefined;
};

/**
 * @throws Failure `usage` naming the flag, the value and what was expected. Thresholds are only
 * carried over; `parseThreshold` checks them.
 */
export function parseScenarioFlags(flags: ScenarioFlags): ScenarioOverrides {
  const { users, duration, rate, stage: texts = [], seed } = flags;
  const stages = texts.map((text) => read('--stage', text, stageTitle, parseStage));
  if (stages.length > 0 && stages.every(({ target }) => target === 0)) {
    refuse('--stage', texts.join(' --stage '), 'at least one stage with a target above 0');
  }
  return {
    ...(users !== undefined && {
      users: read('-u', users, `a whole number of users from 1 to ${mostUsers}`, parseUsers),
    }),
    ...(duration !== undefined && {
      durationMs: read(
        '-d',
        duration,
        'a time above zero with its unit, such as 60s or 2m',
        parseHold,
      ),
    }),
    ...(rate !== undefined && { rate: read('--rate', rate, messageRateTitle, parseMessageRate) }),
    ...(isNonEmpty(stages) && { stages }),
    ...(seed !== undefined && { seed: read('--seed', String(seed), seedTitle, parseSeed) }),
    ...(flags.fault !== undefined && flags.fault.length > 0 && { faults: flags.fault }),
    ...(flags.flood !== undefined && { flood: parseFlood(flags.flood) }),
    thresholds: flags.threshold ?? [],
    noDefaultThresholds: flags.defaultThresholds === false,
  };
}

const seedTitle = 'a whole number from 0 to 4294967295';

function parseUsers(text: string): number | undefined {
  return /^[1-9]\d*$/.test(text) && Number(text) <= mostUsers ? Number(text) : undefined;
}

function parseHold(text: string): number | undefined {
  const ms = parseDurationMs(text);
  return ms !== undefined && ms >= 1 && ms <= longestMs ? ms : undefined;
}

function parseSeed(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= 4_294_967_295 ? Number(text) : undefined;
}

function read<T>(
  flag: string,
  text: string,
  expected: string,
  parse: (text: string) => T | undefined,
): T {
  return parse(text) ?? refuse(flag, text, expected);
}

function refuse(flag: string, text: string, expected: string): never {
  throw new Failure(exitCode.usage, `${flag} ${text} cannot be used`, {
    why: `expected ${expected}`,
    next: 'rtops bench --help',
  });
}

function isNonEmpty(stages: readonly Stage[]): stages is readonly [Stage, ...Stage[]] {
  return stages.length > 0;
}
