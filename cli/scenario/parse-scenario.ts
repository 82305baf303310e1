/** A scenario file to a {@link Scenario}. */
import { fileStem } from '../topology/parse-topology.ts';
import { readYaml } from '../topology/yaml-document.ts';
import type { Environment } from '../topology/yaml-environment.ts';
import { defaultThresholds, everyThreshold } from './default-thresholds.ts';
import type { Scenario } from './scenario.ts';
import { defaultFidelityUsers } from './fidelity-users.ts';
import { faultTiming, parseFault, parseFlood } from './parse-fault.ts';
import { scenarioSchema } from './scenario-schema.ts';
import type { ScenarioDocument } from './scenario-schema.ts';

/**
 * @param fileName as printed in errors; its stem is the scenario's name when the file gives none.
 * @param thresholdProblem what is wrong with a threshold's text, as a sentence; `undefined` when
 * nothing is. The grammar is the verdict's, so whoever knows both rooms passes it in.
 * @throws Failure `badFile` with every error of the file.
 */
export function parseScenario(
  text: string,
  fileName: string,
  env: Environment,
  thresholdProblem: (text: string) => string | undefined = () => undefined,
): Scenario {
  const schema = scenarioSchema.superRefine(({ thresholds = [] }, context) => {
    for (const [i, threshold] of thresholds.entries()) {
      const detail = thresholdProblem(threshold);
      if (detail === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: ['thresholds', i],
        message: 'is not a threshold; expected one such as chat.ack p95 < 30ms',
        params: { detail },
      });
    }
  });
  const { value } = readYaml(
    { text, fileName, env },
    schema,
    'rtops schema scenario prints what may be written',
  );
  return toScenario(value, fileStem(fileName));
}

function toScenario(document: ScenarioDocument, stem: string): Scenario {
  const [first, ...others] = document.stages;
  if (first === undefined) throw new Error('the schema lets no empty list of stages through');
  const scenario: Scenario = {
    name: document.name ?? stem,
    description: document.description.trim(),
    protocol: document.protocol,
    stages: [first, ...others],
    rate: document.rate,
    roomSize: document.rooms.size,
    payloadBytes: document.payload,
    http: {
      perSec: document.http.rate,
      path: document.http.path,
      freshShare: document.http.fresh,
    },
    pollingShare: document.polling,
    fidelityUsers: document.fidelity ?? defaultFidelityUsers(document.stages),
    churnPerMin: document.churn,
    drainMs: document.drain,
    client: document.client,
    thresholds: document.thresholds ?? [],
    faults: document.faults.map((text) => parseFault(text, faultTiming(document.stages))),
    flood: document.flood === null ? null : parseFlood(document.flood),
    seed: document.seed,
  };
  return document.thresholds === undefined
    ? { ...scenario, thresholds: defaultThresholds(scenario, everyThreshold) }
    : scenario;
}
