/** The connections of a message's sender and recipients around it: the servers log those of all. */
import type { LogLine } from './log-line.ts';
import type { Recipient } from './message-history.ts';
import type { Seen } from './server-silence.ts';
import type { TraceClock } from './trace-clock.ts';

/** Who had to do with a message, from when it was due until the last step of its way. */
export type MessageMembers = Seen & {
  readonly sender: string;
  readonly recipients: readonly Recipient[];
  /** Until when it is looked what befell who never got it: some time longer. */
  readonly owedUntilUs: number;
};

export type MemberConnections = {
  readonly lines: readonly LogLine[];
  /** Recipients whose connection stood unmoved and is left out. */
  readonly leftOut: number;
};

/** Of more recipients than this, only those are shown whose connection says something. */
const allShown = 20;

/**
 * Of each member the last opening before the message, and what came between that and the time when
 * this member had it. Of many recipients: who had it last, and whose connection opened or ended
 * while it was under way.
 * @param lines of connections, whosever
 */
export function memberConnections(
  lines: readonly LogLine[],
  { sender, recipients, fromUs, untilUs, owedUntilUs }: MessageMembers,
  clock: TraceClock,
): MemberConnections {
  const atUs = (line: LogLine): number => clock.ofLine(line).atUs;
  const byUser = Map.groupBy(
    lines.toSorted((a, b) => atUs(a) - atUs(b)),
    ({ text }) => text.user,
  );
  /** How the user was connected when it came about, until then. */
  const around = (user: string, doneUs: number): readonly LogLine[] => {
    const own = (byUser.get(user) ?? []).filter((line) => atUs(line) <= doneUs);
    const opening = own.findLastIndex(
      (line) => line.msg === 'connection opened' && atUs(line) <= fromUs,
    );
    return own.slice(Math.max(0, opening));
  };
  const others = recipients.filter(({ user }) => user !== sender);
  const slowest = others.reduce<Recipient | undefined>(
    (last, one) => ((one.doneUs ?? -1) > (last?.doneUs ?? -1) ? one : last),
    undefined,
  );
  const found = others
    .map((one) => ({ one, own: around(one.user, one.doneUs ?? owedUntilUs) }))
    .filter(({ own }) => own.length > 0);
  const shown = found.filter(
    ({ one, own }) =>
      others.length <= allShown || one === slowest || own.some((line) => atUs(line) >= fromUs),
  );
  return {
    lines: [...around(sender, untilUs), ...shown.flatMap(({ own }) => own)],
    leftOut: found.length - shown.length,
  };
}
