/** What each balance of the proxy is held to by a stickiness test. */
import type { WsBalance } from '../topology/topology.ts';
import type { ModeContext } from '../verdict/sticky/judge-sticky-mode.ts';

export type StickyRules = Pick<ModeContext, 'even' | 'affine' | 'predictable' | 'byAddress'> & {
  /** Sessions are meant to hold. */
  readonly sticky: boolean;
  readonly byCookie: boolean;
};

/** The rules of a balance. */
export function rulesOf(balance: WsBalance): StickyRules {
  const rules: StickyRules = {
    sticky: true,
    even: false,
    affine: true,
    predictable: false,
    byAddress: false,
    byCookie: false,
  };
  switch (balance) {
    case 'round_robin':
    case 'least_conn':
      return { ...rules, sticky: false, affine: false };
    case 'ip_hash':
      return { ...rules, predictable: true, byAddress: true };
    case 'hash':
      return { ...rules, byAddress: true };
    case 'cookie':
    case 'native':
      return { ...rules, even: true, byCookie: true };
    case 'sid':
      return { ...rules, even: true, affine: false };
    default:
      return balance satisfies never;
  }
}
