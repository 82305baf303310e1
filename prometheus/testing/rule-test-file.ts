/** promtool unit tests from cases: series in seconds, and how many alerts fire when. */
import { stringify } from 'yaml';

/** Samples of one series, 2 s apart; `null`: no sample. */
export type Values = readonly (number | null)[];

export type RuleCase = {
  readonly alert: string;
  /** Matchers beside the name, as `of="chat"`. */
  readonly only?: string;
  readonly says: string;
  readonly series: Readonly<Record<string, Values>>;
  /** Seconds from the first sample → how many fire then. */
  readonly firing: Readonly<Record<number, number>>;
};

const stepSec = 2;

/** The same value for so long. */
export function flat(value: number, seconds: number): Values {
  return Array.from({ length: Math.round(seconds / stepSec) }, () => value);
}

/** From a value on, so much more each second. */
export function climb(from: number, perSec: number, seconds: number): Values {
  return Array.from(
    { length: Math.round(seconds / stepSec) },
    (_, at) => from + at * stepSec * perSec,
  );
}

/** No sample for so long. */
export function gone(seconds: number): Values {
  return Array.from({ length: Math.round(seconds / stepSec) }, () => null);
}

/** Segments one after the other. (A module that exports `then` would never be imported.) */
export function joined(...segments: readonly Values[]): Values {
  return segments.flat();
}

/** The text of a promtool test file over the rules in `ruleFile`. */
export function ruleTestFile(ruleFile: string, cases: readonly RuleCase[]): string {
  return stringify({
    rule_files: [ruleFile],
    evaluation_interval: `${stepSec}s`,
    tests: cases.map(({ alert, only, says, series, firing }) => ({
      name: `${alert} ${says}`,
      interval: `${stepSec}s`,
      input_series: inputSeries(series),
      promql_expr_test: Object.entries(firing).map(([at, count]) =>
        firingTest([`alertname="${alert}"`, ...(only === undefined ? [] : [only])], at, count),
      ),
    })),
  });
}

/** With no series at all: how many of each alert fire after a minute. */
export function noSeriesTestFile(
  ruleFile: string,
  firing: Readonly<Record<string, number>>,
): string {
  return stringify({
    rule_files: [ruleFile],
    evaluation_interval: `${stepSec}s`,
    tests: [
      {
        name: 'no series',
        interval: `${stepSec}s`,
        input_series: [],
        promql_expr_test: Object.entries(firing).map(([alert, count]) =>
          firingTest([`alertname="${alert}"`], '60', count),
        ),
      },
    ],
  });
}

function inputSeries(series: RuleCase['series']) {
  return Object.entries(series).map(([name, values]) => ({
    series: name,
    values: values.map((value) => (value === null ? '_' : String(value))).join(' '),
  }));
}

function firingTest(matchers: readonly string[], atSec: string, count: number) {
  return {
    expr: `count(ALERTS{${[...matchers, 'alertstate="firing"'].join(', ')}})`,
    eval_time: `${atSec}s`,
    exp_samples: count === 0 ? [] : [{ labels: '{}', value: count }],
  };
}
