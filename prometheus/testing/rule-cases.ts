/** All cases of the rules, and those of one. */
import type { AlertRule } from '../alert-rule.ts';
import { latencyCases } from './latency-cases.ts';
import { nodeCases, watchCases } from './node-cases.ts';
import type { RuleCase } from './rule-test-file.ts';
import { serviceCases } from './service-cases.ts';
import { userCases } from './user-cases.ts';

export const ruleCases: readonly RuleCase[] = [
  ...serviceCases,
  ...userCases,
  ...latencyCases,
  ...nodeCases,
  ...watchCases,
];

/** Rules of one name are told apart by labels; a case that asks for none of them is of each. */
export function casesOf({ alert, labels = {} }: AlertRule): readonly RuleCase[] {
  return ruleCases.filter(
    (one) =>
      one.alert === alert &&
      Object.entries(labels).every(
        ([key, value]) =>
          one.only === undefined ||
          !one.only.includes(`${key}=`) ||
          one.only.includes(`${key}="${value}"`),
      ),
  );
}
