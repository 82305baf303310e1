/**
 * What a panel should show on a run with traffic. It travels in the dashboard's JSON as the last
 * line of the panel's description, which Grafana shows to people and keeps through every migration:
 *
 *     expect: data
 *     expect: nonzero; needs: redis
 *     expect: empty-when-healthy; needs: nginx, http
 *     expect: nonzero; needs: redis; zero: B
 */

/** In the order of how much is asked. */
export const expectationKinds = [
  /** At least one series with a value other than NaN; zeros will do. */
  'data',
  /** At least one value other than zero of each query while there is traffic. */
  'nonzero',
  /** May have no series, or only zeros, while nothing is wrong. */
  'empty-when-healthy',
  /** As `empty-when-healthy` without a fault; as `nonzero` over a window with a fault that threw users off. */
  'fault-only',
  /** The same, but of a service that ended and was started again. */
  'restart-only',
  /** The same, but of a server that was killed with users on it, behind nginx. */
  'failover-only',
] as const;

/**
 * What must be there for the expectation to hold; where it is not, the panel is skipped.
 * `loki`, `alertmanager`: a datasource. `nginx`, `redis`: a service of the topology.
 * `run`: a bench within the window. `http`: the scenario's HTTP load. `nodes`: two or more servers.
 * `log`: the message path of that name.
 */
export const panelNeeds = [
  'loki',
  'alertmanager',
  'nginx',
  'redis',
  'run',
  'http',
  'nodes',
  'log',
] as const;

export type ExpectationKind = (typeof expectationKinds)[number];
export type PanelNeed = (typeof panelNeeds)[number];

export type PanelExpectation = {
  readonly kind: ExpectationKind;
  readonly needs: readonly PanelNeed[];
  /** Queries (`A`, `B`, …) of a `nonzero` panel that may be zero all the same, beside the others. */
  readonly zero?: readonly string[];
};

/** The description as it is written into the JSON: what people read, then the expectation. */
export function withExpectation(description: string, expectation: PanelExpectation): string {
  const needs = expectation.needs.length === 0 ? '' : `; needs: ${expectation.needs.join(', ')}`;
  const { zero = [] } = expectation;
  const quiet = zero.length === 0 ? '' : `; zero: ${zero.join(', ')}`;
  return `${description}\n\nexpect: ${expectation.kind}${needs}${quiet}`;
}

/** Reads the last line of a description; `undefined` where none of ours is written there. */
export function parseExpectation(description: string): PanelExpectation | undefined {
  const match = expectationLine.exec(description);
  const kind = expectationKinds.find((known) => known === match?.[1]);
  if (match === null || kind === undefined) return undefined;
  const words = match[2]?.split(',').map((word) => word.trim()) ?? [];
  const needs = words.map((word) => panelNeeds.find((known) => known === word));
  if (!needs.every((need) => need !== undefined)) return undefined;
  const zero = match[3]?.split(',').map((word) => word.trim());
  return { kind, needs, ...(zero === undefined ? {} : { zero }) };
}

const expectationLine =
  /(?:^|\n)expect: ([a-z-]+)(?:; needs: ([a-z, ]+))?(?:; zero: ([A-Z](?:, [A-Z])*))?\s*$/;

/** The description without the expectation's line. */
export function withoutExpectation(description: string): string {
  return parseExpectation(description) === undefined
    ? description
    : description.replace(/\s*expect: [^\n]*$/, '');
}
