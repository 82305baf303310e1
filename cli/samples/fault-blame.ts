/** Which fault a moment, a loss or an exception of the ledger belongs to. */
import type { FaultWindow } from './fault-window.ts';
import type { LossFacts } from './ledger.ts';
import type { LedgerException } from './summary.ts';

/** After its end a fault still counts for this long: reconnects, overdue acks, late deliveries. */
export const aftermathMs = 10_000;

/** `kill@ws-2`. */
export function faultLabel({
  kind,
  node,
}: {
  readonly kind: string;
  readonly node: string;
}): string {
  return `${kind}@${node}`;
}

/**
 * Indices of the faults a moment belongs to: those that were there then; else the one that ended
 * last, at most {@link aftermathMs} before.
 */
export function faultsAt(windows: readonly FaultWindow[], atMs: number): readonly number[] {
  const active = windows.flatMap((one, i) => (one.atMs <= atMs && atMs <= one.untilMs ? [i] : []));
  if (active.length > 0) return active;
  let latest = -1;
  for (const [i, { untilMs }] of windows.entries()) {
    if (untilMs > atMs || atMs > untilMs + aftermathMs) continue;
    if (latest < 0 || untilMs > (windows[latest]?.untilMs ?? 0)) latest = i;
  }
  return latest < 0 ? [] : [latest];
}

/** Faults that can take back what a log has taken in. */
const storeKinds: ReadonlySet<string> = new Set(['kill', 'term', 'restart', 'power-loss']);

/**
 * The fault that a loss is put down to. A message that was acked and is gone from the log was there
 * before it went: the next fault of the store took it. Else the fault of its moment.
 */
export function faultOfLoss(
  windows: readonly FaultWindow[],
  atMs: number,
  unstored: boolean,
): number | undefined {
  const ofStore = windows.findIndex(
    ({ node, kind, untilMs }) => node === 'redis' && storeKinds.has(kind) && atMs <= untilMs,
  );
  if (unstored && ofStore >= 0) return ofStore;
  return faultsAt(windows, atMs)[0];
}

/**
 * The exceptions, each with the fault it belongs to. A loss among `losses` goes by when the message was
 * first known to exist, as in the figures of the faults; `atMs` of its exception is when it was due.
 */
export function blameExceptions(
  exceptions: readonly LedgerException[],
  windows: readonly FaultWindow[],
  losses: readonly LossFacts[],
): readonly LedgerException[] {
  const listed = new Set(exceptions.filter(isLoss).map(({ id }) => id));
  const known = new Map(losses.filter(({ id }) => listed.has(id)).map((one) => [one.id, one.atMs]));
  return exceptions.map((one) => {
    const atMs = isLoss(one) ? (known.get(one.id) ?? one.atMs) : one.atMs;
    const index = faultOfLoss(windows, atMs, one.class === 'unstored');
    const window = index === undefined ? undefined : windows[index];
    return window === undefined ? one : { ...one, fault: faultLabel(window) };
  });
}

function isLoss({ class: name }: LedgerException): boolean {
  return name === 'lost' || name === 'unstored';
}
