/** `kill@ws-2,at=20s,for=10s` to a {@link Fault}, `http=5000/s` to a {@link Flood}. */
import { exitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { parseDurationMs } from '../topology/quantity.ts';
import { longestMs, parsePerSec } from './amounts.ts';
import { faultRules, longestFaultMs } from './fault-options.ts';
import type { FaultRule } from './fault-options.ts';
import { faultKinds } from './fault.ts';
import type { Fault, FaultKind, Flood } from './fault.ts';
import type { Stage } from './scenario.ts';
import { holdsUsers, longestStage, stagesMs } from './timeline.ts';

/** What `at=` and `for=` are when they are left out. */
export type FaultTiming = { readonly atMs: number; readonly forMs: number };

/**
 * What is left out comes from the stages: the fault begins a quarter into the longest hold (of all
 * stages, where none holds), and lasts another quarter of it.
 */
export function faultTiming(stages: readonly Stage[]): FaultTiming {
  const { fromMs, toMs } = longestStage(stages, holdsUsers) ?? {
    fromMs: 0,
    toMs: stagesMs(stages),
  };
  const quarterMs = Math.max(1, Math.round((toMs - fromMs) / 4));
  return { atMs: fromMs + quarterMs, forMs: Math.min(quarterMs, longestFaultMs) };
}

/**
 * Grammar: see fault.ts. Whether the node exists is for whoever knows the topology.
 *
 * @throws Failure `usage` naming the part that is wrong, what was expected and the nearest name.
 */
export function parseFault(
  text: string,
  timing: FaultTiming = { atMs: 10_000, forMs: 10_000 },
): Fault {
  const [head = '', ...parts] = text.split(',').map((part) => part.trim());
  const at = head.indexOf('@');
  const name = at < 0 ? head : head.slice(0, at);
  const node = at < 0 ? '' : head.slice(at + 1);
  const kind = kindOf(text, name);
  const rule = faultRules[kind];
  checkNode(text, kind, rule, node);
  const written = optionsOf(text, kind, rule, parts);
  const { at: atText, for: forText, ...own } = Object.fromEntries(written);
  return {
    text,
    kind,
    node,
    atMs: atText === undefined ? timing.atMs : timeOf(text, 'at', atText, 0, longestMs),
    forMs:
      forText !== undefined
        ? timeOf(text, 'for', forText, 1, longestFaultMs)
        : rule.lasts === 'must' || own['every'] !== undefined
          ? timing.forMs
          : null,
    options: ownOptions(text, rule, own),
  };
}

/** What is wrong with a fault's text, as a sentence; `undefined` when nothing is. */
export function faultProblem(text: string, stages: readonly Stage[]): string | undefined {
  try {
    checkFaultFits(parseFault(text, faultTiming(stages)), stages);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.why ?? error.message;
    throw error;
  }
}

/** @throws Failure `usage` for a fault that begins, or would have to be undone, after the run. */
export function checkFaultFits(fault: Fault, stages: readonly Stage[]): void {
  const endMs = stagesMs(stages);
  if (fault.atMs >= endMs) {
    refuse(
      fault.text,
      `it begins at ${fault.atMs / 1000} s, but the stages end at ${endMs / 1000} s`,
    );
  }
  const untilMs = fault.atMs + (fault.forMs ?? 0);
  if (untilMs > endMs) {
    refuse(
      fault.text,
      `it lasts until ${untilMs / 1000} s, but the stages end at ${endMs / 1000} s: nobody would see the recovery`,
    );
  }
}

/**
 * `http=5000/s` or `chat=2000/s`.
 *
 * @throws Failure `usage`
 */
export function parseFlood(text: string): Flood {
  const match = /^\s*([a-z]+)\s*=\s*(.*)$/.exec(text);
  const kind = match?.[1];
  const perSec = parsePerSec(match?.[2] ?? '');
  if ((kind === 'http' || kind === 'chat') && perSec !== undefined && perSec > 0) {
    return { kind, perSec };
  }
  throw new Failure(exitCode.usage, `the flood ${JSON.stringify(text)} cannot be used`, {
    why: 'expected http=RATE (requests to the API) or chat=RATE (messages to the chat), such as http=5000/s',
    next: 'rtops failover-test --help',
  });
}

/** What is wrong with a flood's text; `undefined` when nothing is. */
export function floodProblem(text: string): string | undefined {
  try {
    parseFlood(text);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.why ?? error.message;
    throw error;
  }
}

function kindOf(text: string, name: string): FaultKind {
  const found = faultKinds.find((kind) => kind === name);
  if (found !== undefined) return found;
  return refuse(
    text,
    `${JSON.stringify(name)} is no fault; expected ${faultKinds.join(', ')}${didYouMean(name, faultKinds)}`,
  );
}

function checkNode(text: string, kind: FaultKind, rule: FaultRule, node: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,130}$/.test(node)) {
    refuse(text, `expected ${kind}@NODE, such as ${kind}@${exampleNode(rule)}`);
  }
  const only = rule.where === 'redis' || rule.where === 'nginx' ? rule.where : undefined;
  if (only !== undefined && node !== only) {
    refuse(text, `${kind} is done to ${only} only; expected ${kind}@${only}`);
  }
  if (rule.where === 'a server' && (node === 'redis' || node === 'nginx')) {
    refuse(text, `${kind} is done to a server; expected one such as ${kind}@ws-1`);
  }
}

function exampleNode({ where }: FaultRule): string {
  return where === 'redis' || where === 'nginx' ? where : where === 'edge' ? 'nginx-ws-1' : 'ws-1';
}

/** The options as written, each once, each known to the kind. */
function optionsOf(
  text: string,
  kind: FaultKind,
  rule: FaultRule,
  parts: readonly string[],
): ReadonlyMap<string, string> {
  const known = ['at', ...(rule.lasts === 'never' ? [] : ['for']), ...Object.keys(rule.options)];
  const written = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    if (!known.includes(name)) {
      refuse(
        text,
        name === 'for'
          ? `${kind} is over at once and takes no for=`
          : `${JSON.stringify(name)} is no option of ${kind}; expected ${known.join(', ')}${didYouMean(name, known)}`,
      );
    }
    if (value === '') refuse(text, `${name} has no value; expected ${name}=…`);
    if (written.has(name)) refuse(text, `${name} is given twice`);
    written.set(name, value);
  }
  return written;
}

function ownOptions(
  text: string,
  rule: FaultRule,
  written: Readonly<Record<string, string>>,
): Readonly<Record<string, number | string>> {
  const read: Record<string, number | string> = {};
  for (const [name, option] of Object.entries(rule.options)) {
    const value = written[name];
    if (value === undefined) {
      if (option.required) refuse(text, `${name}= is missing; expected ${option.title}`);
      continue;
    }
    read[name] =
      option.parse(value) ??
      refuse(text, `${name}=${value} cannot be used; expected ${option.title}`);
  }
  return read;
}

function timeOf(
  text: string,
  name: string,
  value: string,
  leastMs: number,
  mostMs: number,
): number {
  const ms = parseDurationMs(value);
  if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms;
  return refuse(
    text,
    `${name}=${value} cannot be used; expected a time with its unit, such as ${name}=10s, at most ${mostMs / 1000} s`,
  );
}

function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
}

function refuse(text: string, why: string): never {
  throw new Failure(exitCode.usage, `the fault ${JSON.stringify(text)} cannot be used`, {
    why,
    next: 'rtops failover-test --help',
  });
}
