/** How long messages took to be with everybody (Jepsen's set-full: the latency of being stable). */
import type { SlowMessage, StabilityPoint } from './fault-result.ts';
import { messageId, roomName } from './history.ts';
import type { MessageTime } from './message-times.ts';
import { quantileOf } from './quantile.ts';

const shownMessages = 10;

/** By second of the ack: ms from the ack to the last member; 0 when all had it before the ack. */
export function stabilityOf(messages: readonly MessageTime[]): readonly StabilityPoint[] {
  const bySecond: number[][] = [];
  for (const { ackedUs, lastUs } of messages) {
    if (ackedUs === Infinity || lastUs < 0) continue;
    (bySecond[Math.floor(ackedUs / 1_000_000)] ??= []).push(Math.max(0, lastUs - ackedUs) / 1000);
  }
  const points: StabilityPoint[] = [];
  for (const second of Object.keys(bySecond)) {
    const sorted = (bySecond[Number(second)] ?? []).toSorted((a, b) => a - b);
    points.push({
      t: (Number(second) + 1) * 1000,
      p50: quantileOf(sorted, 0.5),
      max: sorted.at(-1) ?? 0,
    });
  }
  return points;
}

/** The messages whose last member, or whose ack, was the longest to come; `faultAt`: by due time. */
export function slowMessages(
  messages: readonly MessageTime[],
  runId: string,
  faultAt: (ms: number) => string | null,
): readonly SlowMessage[] {
  const waitUs = (one: MessageTime): number =>
    Math.max(one.lastUs, one.ackedUs === Infinity ? -1 : one.ackedUs) - one.dueUs;
  return messages
    .filter((one) => one.lastUs >= 0 && one.dueUs !== Infinity)
    .toSorted((a, b) => waitUs(b) - waitUs(a))
    .slice(0, shownMessages)
    .map((one) => ({
      id: messageId(one.sender, one.room, one.n),
      room: roomName(runId, one.room),
      dueMs: one.dueUs / 1000,
      ackedMs: one.ackedUs === Infinity ? null : one.ackedUs / 1000,
      lastMs: one.lastUs / 1000,
      waitMs: waitUs(one) / 1000,
      // A message that waited from before the fault waited because of it.
      fault: faultAt(one.dueUs / 1000) ?? faultAt((one.dueUs + waitUs(one)) / 1000),
    }));
}
