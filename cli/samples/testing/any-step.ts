/** Test data: any step of an honest run, mostly sends. */
import fc from 'fast-check';

import type { Step } from './honest-run.ts';

export function anyStep(most: { readonly user: number; readonly pauseMs: number }) {
  return fc.record<Step>({
    act: fc.constantFrom('send', 'send', 'send', 'crash', 'return', 'leave', 'join', 'wait'),
    user: fc.nat(most.user),
    pauseMs: fc.oneof(fc.nat(400), fc.nat(most.pauseMs)),
    delayMs: fc.oneof(fc.nat(300), fc.nat(4000)),
  });
}
