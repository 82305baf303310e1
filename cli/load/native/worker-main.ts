/** The entry of a worker process: IPC messages in, reports out. It never outlives its parent. */
import type { FromWorker, ToWorker } from './worker-messages.ts';
import { Worker } from './worker.ts';

let worker: Worker | undefined;

// One message at a time, in order: a stop must not overtake the start. Only an abort may, and what a
// finish waits for.
let last: Promise<void> = Promise.resolve();
process.on('message', (message: ToWorker) => {
  const overtakes = message.kind === 'abort' || message.kind === 'history-to';
  last = overtakes
    ? Promise.all([last, handle(message)]).then(() => undefined)
    : last.then(async () => handle(message));
});
// The parent is gone, however it ended.
process.on('disconnect', () => {
  worker?.abort();
  process.exit(0);
});
// Ctrl-C is the parent's to answer.
process.on('SIGINT', () => undefined);

say({ kind: 'ready' });

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'start':
      worker = await Worker.load(message, say);
      say({ kind: 'loaded' });
      return;
    case 'go':
      worker?.go(BigInt(message.startNs));
      return;
    case 'credentials':
      worker?.renew(message.credentials);
      return;
    case 'stop':
      worker?.stop(message.drainMs);
      return;
    case 'settle':
      worker?.settle(message.heads);
      return;
    case 'read':
      say({ kind: 'read-done', why: (await worker?.read(message.withinMs)) ?? null });
      return;
    case 'finish':
      await worker?.finish();
      return;
    case 'history-to':
      worker?.historyTo(message.file);
      return;
    case 'abort':
      worker?.abort();
      process.exit(0);
  }
}

function say(message: FromWorker): void {
  // The channel may close between the look and the call: then 'disconnect' ends this process.
  if (process.connected) process.send?.(message, () => undefined);
}
