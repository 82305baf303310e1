/** What a worker has measured: running counters, and histograms of the current second. */
import { createHistogram, type Histogram } from '../../samples/histogram.ts';
import { Problems } from './problems.ts';

/** Names of the distributions a worker keeps; `…Service` counts from the actual send. */
export const distributionNames = [
  'connect',
  'connectService',
  'join',
  'ack',
  'ackService',
  'leanDelivery',
  'clientDelivery',
  'pollingDelivery',
  'deliveryService',
  'http',
  'httpService',
  'resume',
] as const;
export type DistributionName = (typeof distributionNames)[number];

/** Running totals of a worker since run start, except `users`, `connected`, `refused`, `open`. */
export type Counters = {
  connects: number;
  connectErrors: number;
  joins: number;
  joinErrors: number;
  sent: number;
  acked: number;
  refusedSends: number;
  /** Sends that were due and never left. */
  unsent: number;
  delivered: number;
  /** Broadcasts with a seq the user had already seen. */
  repeated: number;
  /** Broadcasts that filled a hole below the highest seq seen. */
  outOfOrder: number;
  /** Holes that were not filled in time though the connection held. */
  missing: number;
  /** Members that came back after they were thrown off. */
  reconnects: number;
  http: number;
  httpErrors: number;
  /** Requests for which a connection was opened, and those of them that failed. */
  httpFresh: number;
  httpFreshErrors: number;
  /** Requests on a kept connection that was closed before any byte of the answer. */
  httpReusedResets: number;
  /** Requests without any answer until they were given up. */
  httpGivenUp: number;
  holdSends: number;
  lateSends: number;
  attempted: number;
  /** Users whose connection was ended by the other side at least once. */
  thrownOff: number;
  /** Users in their room now. */
  users: number;
  /** The most users in their room at once since the last report. */
  usersPeak: number;
  connected: number;
  /** Users that tried and never got in so far. */
  refused: number;
  /** Sends whose ack is overdue or that were given up: indeterminate unless an ack still comes. */
  open: number;
};

export type Measures = {
  readonly counters: Counters;
  readonly histograms: Readonly<Record<DistributionName, Histogram>>;
  /** Counts occurrences of a problem. */
  problem(text: string, count?: number): void;
  /** Problems counted since the last call. */
  takeProblems(): Readonly<Record<string, number>>;
  /** The second's histograms as text, empty ones left out; then they start anew. */
  takeHistograms(): Partial<Record<DistributionName, string>>;
};

export function createMeasures(): Measures {
  const histograms = {} as Record<DistributionName, Histogram>;
  for (const name of distributionNames) histograms[name] = createHistogram();
  const problems = new Problems();
  return {
    counters: noCounts(),
    histograms,
    problem: (text, count) => problems.add(text, count),
    takeProblems() {
      const taken = problems.all();
      problems.clear();
      return taken;
    },
    takeHistograms() {
      const taken: Partial<Record<DistributionName, string>> = {};
      for (const name of distributionNames) {
        const histogram = histograms[name];
        if (histogram.count === 0) continue;
        taken[name] = histogram.encode();
        histogram.reset();
      }
      return taken;
    },
  };
}

/** All counters at 0. */
export function noCounts(): Counters {
  return {
    connects: 0,
    connectErrors: 0,
    joins: 0,
    joinErrors: 0,
    sent: 0,
    acked: 0,
    refusedSends: 0,
    unsent: 0,
    delivered: 0,
    repeated: 0,
    outOfOrder: 0,
    missing: 0,
    reconnects: 0,
    http: 0,
    httpErrors: 0,
    httpFresh: 0,
    httpFreshErrors: 0,
    httpReusedResets: 0,
    httpGivenUp: 0,
    holdSends: 0,
    lateSends: 0,
    attempted: 0,
    thrownOff: 0,
    users: 0,
    usersPeak: 0,
    connected: 0,
    refused: 0,
    open: 0,
  };
}
