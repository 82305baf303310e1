/** What a `bench` was asked to do: everything that can be wrong in it is found here, before a start. */
import { resolve } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { defaultThresholds, everyThreshold } from '../scenario/default-thresholds.ts';
import { overrideScenario } from '../scenario/override-scenario.ts';
import { parseScenarioFlags } from '../scenario/scenario-flags.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Topology } from '../topology/topology.ts';
import { parseThreshold } from '../verdict/threshold.ts';
import type { Threshold } from '../verdict/threshold.ts';
import { readScenario, readTopology } from './documents.ts';
import { allowedUrl } from './probe-url.ts';

/** The options of `bench` as commander gives them. */
export type BenchOptions = {
  readonly scenario: string | undefined;
  readonly topology?: string;
  readonly url?: string;
  readonly allowHost?: string;
  readonly users?: string;
  readonly duration?: string;
  readonly rate?: string;
  readonly stage: readonly string[];
  readonly threshold: readonly string[];
  readonly defaultThresholds: boolean;
  readonly set: readonly string[];
  readonly scale: readonly string[];
  readonly seed?: number;
  readonly workers?: number;
  /** A system that the run starts gets observers; one that is up must have them. */
  readonly observe?: boolean;
  readonly runDir?: string;
  readonly metricsPort?: number;
  readonly reporter: readonly string[];
  readonly json: boolean;
  /** In place of the scenario's faults; empty: those. */
  readonly fault?: readonly string[];
  readonly flood?: string;
};

/** What is run when nothing is named, and what a run needs of its topology. */
export type RunDefaults = {
  readonly scenario: string;
  readonly topology: string;
  /** `--set` texts that go before what was typed. */
  settings(scenario: Scenario): readonly string[];
  /** In place of a bench's default thresholds, for a scenario that writes none. */
  readonly thresholds?: readonly string[];
};

const benchDefaults: RunDefaults = {
  scenario: 'chat-1000',
  topology: 'single',
  settings: () => [],
};

/** What must be known of the topology that is up. */
export type KnownTopology = Pick<Topology, 'name' | 'messagePath'>;

export type BenchRequest = {
  readonly scenario: Scenario;
  readonly thresholds: readonly Threshold[];
  readonly target:
    | { readonly kind: 'url'; readonly url: string }
    /** Whatever is up; with `observed` it must have observers. */
    | { readonly kind: 'up'; readonly observed: boolean }
    /** This one: what is up must be it, and with nothing up it is started. */
    | { readonly kind: 'topology'; readonly topology: Topology };
  readonly workers: number | null;
  readonly runDir: string | null;
  /** Where the run's metrics are served; `null`: on a free port, where the system has monitoring. */
  readonly metricsPort: number | null;
  readonly reporters: readonly string[];
  readonly json: boolean;
};

/**
 * Reads the files and parses every word. `up` is the topology that is up in this folder: what
 * `--set` and `--scale` are said of when no topology is named. Throws a usage (2) or file (104)
 * failure.
 */
export async function readBenchRequest(
  world: World,
  options: BenchOptions,
  up: KnownTopology | undefined,
  defaults: RunDefaults = benchDefaults,
): Promise<BenchRequest> {
  const overrides = parseScenarioFlags(options);
  const asWritten = await readScenario(world, options.scenario ?? defaults.scenario);
  const overridden = (unordered: boolean): Scenario =>
    overrideScenario(withThresholds(asWritten, defaults.thresholds), {
      ...overrides,
      foreignTarget: options.url !== undefined,
      unordered,
    });
  const target = await readTarget(world, options, up?.name, {
    topology: defaults.topology,
    settings: defaults.settings(overridden(false)),
  });
  const scenario = overridden(messagePathOf(target, up) === 'adapter');
  if (options.workers !== undefined && (options.workers < 1 || options.workers > 64)) {
    throw new Failure(exitCode.usage, `--workers ${options.workers} is not a number from 1 to 64`);
  }
  return {
    scenario,
    thresholds: scenario.thresholds.map((text) => parseThreshold(text)),
    target,
    workers: options.workers ?? null,
    runDir: options.runDir === undefined ? null : resolve(world.cwd, options.runDir),
    metricsPort: options.metricsPort ?? null,
    reporters: options.reporter,
    json: options.json,
  };
}

function messagePathOf(
  target: BenchRequest['target'],
  up: KnownTopology | undefined,
): KnownTopology['messagePath'] | undefined {
  switch (target.kind) {
    case 'url':
      return undefined;
    case 'up':
      return up?.messagePath;
    case 'topology':
      return target.topology.messagePath;
  }
}

function withThresholds(scenario: Scenario, own: readonly string[] | undefined): Scenario {
  const benchOwn = defaultThresholds(scenario, everyThreshold);
  const isWritten =
    scenario.thresholds.length !== benchOwn.length ||
    scenario.thresholds.some((text, i) => text !== benchOwn[i]);
  return own === undefined || isWritten ? scenario : { ...scenario, thresholds: own };
}

async function readTarget(
  world: World,
  options: BenchOptions,
  upName: string | undefined,
  defaults: { readonly topology: string; readonly settings: readonly string[] },
): Promise<BenchRequest['target']> {
  const named =
    options.topology !== undefined || options.set.length > 0 || options.scale.length > 0;
  if (options.url !== undefined) {
    if (named) {
      throw new Failure(exitCode.usage, '--url and a topology cannot both be loaded', {
        why: '--url names a system that rtops did not start: its topology and settings are its own',
        next: `rtops bench --url ${options.url}`,
      });
    }
    if (options.observe === true) {
      throw new Failure(exitCode.usage, '--observe is for systems that rtops starts', {
        why: `${options.url} is not one; its own Prometheus can read the run with --metrics-port`,
        next: `rtops bench --url ${options.url}`,
      });
    }
    return { kind: 'url', url: allowedUrl(options.url, options.allowHost) };
  }
  if (options.allowHost !== undefined) {
    throw new Failure(exitCode.usage, '--allow-host says nothing without --url');
  }
  const observed = options.observe === true;
  if (!named && upName !== undefined) return { kind: 'up', observed };
  const name = options.topology ?? upName ?? defaults.topology;
  const settings = [...defaults.settings, ...(observed ? ['monitoring=true'] : []), ...options.set];
  const topology = await readTopology(world, name, settings, options.scale);
  return { kind: 'topology', topology };
}
