// What a process and all its descendants cost: CPU seconds and peak memory, read from /proc.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSec = 100;

/** Polls every 100 ms until `stop()`, which returns the totals. `match` picks processes to list apart. */
export function watchTree(rootPid, match = () => false) {
  const cpuOf = new Map();
  let peakBytes = 0;
  const poll = () => {
    let bytes = 0;
    for (const process of tree(rootPid)) {
      // A process's own time; children that ended are counted by their own last reading.
      cpuOf.set(process.pid, { sec: process.cpuSec, matched: match(process.line) });
      bytes += process.pssBytes;
    }
    peakBytes = Math.max(peakBytes, bytes);
  };
  poll();
  const timer = setInterval(poll, 100);
  return {
    stop() {
      clearInterval(timer);
      const all = [...cpuOf.values()];
      const sum = (rows) => rows.reduce((total, row) => total + row.sec, 0);
      return {
        cpuSec: sum(all),
        matchedCpuSec: sum(all.filter((row) => row.matched)),
        processes: all.length,
        peakMb: peakBytes / 1024 / 1024,
      };
    },
  };
}

/** CPU seconds of one process so far. Throws when it is gone: its cost is not 0. */
export function cpuSecOf(pid) {
  const stat = readStat(pid);
  if (stat === undefined) throw new Error(`process ${pid} is gone: what it cost is not known`);
  return stat.cpuSec;
}

/** The process and its descendants. Memory is read of these alone: of all it would cost what is measured. */
function tree(rootPid) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((process) => process !== undefined);
  const wanted = new Set([rootPid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const process of all) {
      if (wanted.has(process.parent) && !wanted.has(process.pid)) {
        wanted.add(process.pid);
        grown = true;
      }
    }
  }
  return all
    .filter((process) => wanted.has(process.pid))
    .map((process) => withMemory(process))
    .filter((process) => process !== undefined);
}

function readStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      parent: Number(fields[1]),
      cpuSec: (Number(fields[11]) + Number(fields[12])) / ticksPerSec,
    };
  } catch {
    return undefined;
  }
}

function withMemory(process) {
  try {
    const rollup = readFileSync(`/proc/${process.pid}/smaps_rollup`, 'utf8');
    return {
      ...process,
      pssBytes: Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024,
      line: readFileSync(`/proc/${process.pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
    };
  } catch {
    return undefined;
  }
}
