/** A fault as written to what the proxy does. */
import { exitCode } from '../../../exit-code.ts';
import { Failure } from '../../../failure.ts';
import type { EdgeFaultKind, Fault } from '../../../scenario/fault.ts';
import type { Toxic } from './toxic.ts';

/** The kinds the proxy does. */
export const edgeFaultKinds = [
  'latency',
  'rate',
  'blackhole',
  'reset',
  'refuse',
  'cut',
] as const satisfies readonly EdgeFaultKind[];

/** @throws Failure `usage` for another kind, and for an option that is missing or no number. */
export function toxicOf(fault: Fault): Toxic {
  const kind = edgeFaultKinds.find((known) => known === fault.kind);
  switch (kind) {
    case 'latency':
      return {
        kind,
        direction: directionOf(fault),
        delayMs: number(fault, 'delay'),
        jitterMs: fault.options['jitter'] === undefined ? 0 : number(fault, 'jitter'),
      };
    case 'rate':
      return { kind, direction: directionOf(fault), bytesPerSec: number(fault, 'rate') };
    case 'blackhole':
      return { kind, direction: directionOf(fault) };
    case 'cut':
      return { kind, direction: directionOf(fault), bytes: number(fault, 'bytes') };
    case 'reset':
    case 'refuse':
      return { kind };
    case undefined:
      return refuse(fault, `${fault.kind} is not done to an edge`);
    default:
      return kind satisfies never;
  }
}

function directionOf(fault: Fault): 'up' | 'down' | 'both' {
  const written = fault.options['direction'] ?? 'both';
  if (written === 'up' || written === 'down' || written === 'both') return written;
  return refuse(fault, `direction=${written}; expected up, down or both`);
}

function number(fault: Fault, name: string): number {
  const value = fault.options[name];
  if (typeof value === 'number') return value;
  return refuse(fault, `${fault.kind} needs ${name}=…`);
}

function refuse(fault: Fault, why: string): never {
  throw new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why,
    next: 'rtops failover-test --help',
  });
}
