/** `slowest` and `lost`: the message of a run that is most worth a look. */
import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import { visitHistory } from '../load/history-files.ts';
import type { Report } from '../report/report.ts';
import { messageId } from '../samples/history.ts';
import { createMessageTimes } from '../samples/message-times.ts';
import type { MessageTime } from '../samples/message-times.ts';
import type { ExceptionClass } from '../samples/summary.ts';

export type Picked =
  | { readonly kind: 'id'; readonly id: string; readonly notes: readonly string[] }
  /** There is no such message among those of the run. */
  | { readonly kind: 'none'; readonly why: string; readonly messages: number };

/** Any other id is itself. Throws as `node:fs` does where the history cannot be read. */
export async function pickFromRun(id: string, report: Report, historyDir: string): Promise<Picked> {
  if (id === 'lost') return pickLost(report);
  if (id === 'slowest') return pickSlowestOf(report, historyDir);
  return { kind: 'id', id, notes: [] };
}

const lostClasses: readonly ExceptionClass[] = ['lost', 'unstored', 'dropped'];

function pickLost({ ledger, run }: Report): Picked {
  for (const wanted of lostClasses) {
    const found = ledger.exceptions.find((one) => one.class === wanted);
    if (found !== undefined) return { kind: 'id', id: found.id, notes: [] };
  }
  return {
    kind: 'none',
    messages: ledger.sent,
    why: `run ${run.id} lost no message: there is none to trace`,
  };
}

async function pickSlowestOf(report: Report, historyDir: string): Promise<Picked> {
  const { run, impact, ledger } = report;
  // Of a run with faults the report names them.
  const named = impact?.worstMessages[0]?.id;
  if (named !== undefined) return { kind: 'id', id: named, notes: [] };
  const picked = await pickSlowest(run.id, historyDir);
  if (picked.kind === 'none' && picked.messages === 0 && ledger.sent > 0) {
    throw emptyHistory(run.id, ledger.sent);
  }
  return picked;
}

/** From what its users wrote down. @throws Failure badFile (104) where that cannot be read */
export async function pickSlowest(runId: string, historyDir: string): Promise<Picked> {
  const times = createMessageTimes();
  await visitHistory(historyDir, times.note).catch((error: unknown) => {
    throw new Failure(exitCode.badFile, `cannot read the history of ${runId}`, {
      why: messageOf(error),
      next: 'rtops trace <id>, which finds in the logs what they hold',
      cause: error,
    });
  });
  let slowest: MessageTime | undefined;
  let slowestUs = -1;
  let messages = 0;
  for (const time of times.all) {
    messages += 1;
    const waitUs = lastSeenUs(time) - time.dueUs;
    if (Number.isFinite(waitUs) && waitUs > slowestUs) {
      slowest = { ...time };
      slowestUs = waitUs;
    }
  }
  if (slowest === undefined) {
    const what = messages === 0 ? 'sent no message' : `got no message through of ${messages}`;
    return { kind: 'none', messages, why: `run ${runId} ${what}: there is none to trace` };
  }
  return {
    kind: 'id',
    id: messageId(slowest.sender, slowest.room, slowest.n),
    notes: [`the slowest of ${messages}: ${slowestUs / 1000} ms from due to its last step`],
  };
}

function emptyHistory(runId: string, sent: number): Failure {
  return new Failure(exitCode.badFile, `the history of ${runId} holds no message`, {
    why: `its report counts ${sent} that were sent: the files were emptied or taken away`,
    next: `rtops verify ${runId}`,
  });
}

/** Its ack or its last delivery, whichever came later. */
function lastSeenUs({ ackedUs, lastUs }: MessageTime): number {
  return Math.max(ackedUs === Infinity ? -1 : ackedUs, lastUs);
}
