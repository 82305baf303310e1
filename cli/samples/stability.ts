/** How long messages took to be with everybody (Jepsen's set-full: the latency of being stable). */
import type { SlowMessage, StabilityPoint } from './fault-result.ts';
import { Column } from './column.ts';
import { messageId, roomName } from './history.ts';
import type { MessageTime, Messages } from './message-times.ts';
import { quantileOf } from './quantile.ts';

const shownMessages = 10;

/** By second of the ack: ms from the ack to the last member; 0 when all had it before the ack. */
export function stabilityOf(messages: Messages): readonly StabilityPoint[] {
  const bySecond: Column[] = [];
  for (const { ackedUs, lastUs } of messages) {
    if (ackedUs === Infinity || lastUs < 0) continue;
    const second = Math.floor(ackedUs / 1_000_000);
    (bySecond[second] ??= new Column()).push(Math.max(0, lastUs - ackedUs) / 1000);
  }
  const points: StabilityPoint[] = [];
  for (const second of Object.keys(bySecond)) {
    const sorted = bySecond[Number(second)]?.sorted() ?? new Float64Array();
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
  messages: Messages,
  runId: string,
  faultAt: (ms: number) => string | null,
): readonly SlowMessage[] {
  return slowest(messages).map((one) => ({
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

/** The slowest first. */
function slowest(messages: Messages): readonly MessageTime[] {
  const found: MessageTime[] = [];
  for (const one of messages) {
    if (one.lastUs < 0 || one.dueUs === Infinity) continue;
    const least = found[shownMessages - 1];
    if (least !== undefined && waitUs(one) <= waitUs(least)) continue;
    const at = found.findLastIndex((other) => waitUs(other) >= waitUs(one)) + 1;
    found.splice(at, 0, { ...one });
    found.length = Math.min(found.length, shownMessages);
  }
  return found;
}

function waitUs({ dueUs, ackedUs, lastUs }: MessageTime): number {
  return Math.max(lastUs, ackedUs === Infinity ? -1 : ackedUs) - dueUs;
}
