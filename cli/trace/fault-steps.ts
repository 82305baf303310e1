/** The faults of a run that belong to a timeline, as its steps. */
import type { Step } from './trace.ts';

/** Times in ms since run start; `until` infinite: it is not known to have ended. */
export type TracedFault = {
  readonly kind: string;
  /** A service, or the edge between two: `nginx-ws-1`. */
  readonly node: string;
  readonly at: number;
  readonly until: number;
};

/** A fault that was over this long before a message may still be why it was slow. */
const faultBeforeUs = 10_000_000;

/** Of those that were there from then to then, or just before. */
export function faultSteps(
  faults: readonly TracedFault[],
  { fromUs, untilUs }: { readonly fromUs: number; readonly untilUs: number },
): readonly Step[] {
  return faults.flatMap((fault): readonly Step[] => {
    const [beginUs, endUs] = [Math.round(fault.at * 1000), Math.round(fault.until * 1000)];
    if (beginUs > untilUs || Math.max(beginUs, endUs) < fromUs - faultBeforeUs) return [];
    const step = { errorUs: 1000, where: 'fault', source: 'report' } as const;
    const name = nameOf(fault);
    const isOver = endUs > beginUs && endUs <= untilUs;
    return [
      { ...step, atUs: beginUs, what: `${name} begins` },
      ...(isOver ? [{ ...step, atUs: endUs, what: `${name} ends` }] : []),
    ];
  });
}

/** `kill@ws-2`. */
export function nameOf({ kind, node }: TracedFault): string {
  return `${kind}@${node}`;
}

/** Whether it was done to what a client's connection to this server goes over. */
export function touchesConnection({ node }: TracedFault, server: string): boolean {
  const way = ['client', 'nginx', server];
  return way.some((one) => one === node || way.some((other) => `${one}-${other}` === node));
}
