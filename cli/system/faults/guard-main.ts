/**
 * The guard: a process of its own that holds the other end of a pipe to rtops. When the pipe ends,
 * rtops is gone, however it went: whatever it had not undone is undone here.
 */
import { undoOpenFaults } from './journal.ts';

const [stateDir = '', pid = '', startTime = ''] = process.argv.slice(2);
// It ends by itself, right after rtops: what asks it to end before would leave faults behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.stdin.on('error', () => void undo());
process.stdin.on('end', () => void undo());
process.stdin.resume();
process.stdout.write('on guard\n');

async function undo(): Promise<void> {
  await undoOpenFaults(
    stateDir,
    Date.now(),
    (holder) => holder.pid === Number(pid) && holder.startTime === startTime,
  );
  process.exit(0);
}
