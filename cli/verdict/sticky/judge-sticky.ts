/** Modes → one verdict. */
import { exitCode } from '../../exit-code.ts';
import { astrayOf, controlSees } from './control.ts';
import type { StickyJudgement, StickyModeRefused, StickyModeResult } from './sticky-result.ts';

/**
 * Any subject that fails fails the test. A control that does not break as it must shows that the test is
 * blind: nothing passes then. Modes that this machine cannot play count for nothing, unless none
 * is left.
 */
export function judgeSticky(
  modes: readonly (StickyModeResult | StickyModeRefused)[],
): StickyJudgement {
  const played = modes.filter((mode) => mode.verdict !== 'refused');
  const subjects = played.filter(({ role }) => role === 'subject');
  const failed = subjects.filter(({ verdict }) => verdict === 'fail');
  const [firstFailed] = failed;
  if (firstFailed !== undefined) {
    return {
      verdict: 'fail',
      why: failed.map(({ mode, why }) => `${mode}: ${why}`).join('; '),
      exitCode: exitCode.failed,
    };
  }
  const blind = played.find((mode) => mode.role === 'control' && !controlSees(mode));
  if (blind !== undefined) {
    return {
      verdict: 'no-data',
      why: `the test is blind: without stickiness ${blindness(blind)}`,
      exitCode: exitCode.noVerdict,
    };
  }
  const open = subjects.find(({ verdict }) => verdict === 'no-data');
  if (open !== undefined || subjects.length === 0) {
    return {
      verdict: 'no-data',
      why: open === undefined ? 'no mode could be played' : `${open.mode}: ${open.why}`,
      exitCode: exitCode.noVerdict,
    };
  }
  return {
    verdict: 'pass',
    why: subjects.map(({ mode, why }) => (subjects.length === 1 ? why : mode)).join(', '),
    exitCode: exitCode.pass,
  };
}

function blindness({ broken, causes, nodes, sessions }: StickyModeResult): string {
  if (broken === 0) {
    return `no session broke (${nodes.length === 1 ? 'there is one node' : `${sessions} tried`})`;
  }
  const share = `${astrayOf(causes)} of ${sessions} sessions broke because another node got the request`;
  return `${share}, and over ${nodes.length} nodes at least half of ${Math.round(100 * (1 - 1 / nodes.length))}% must`;
}
