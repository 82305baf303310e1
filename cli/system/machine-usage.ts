/** How busy all cores of this machine are, whoever uses them. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

type Ticks = { readonly busy: number; readonly steal: number; readonly all: number };

/**
 * Each call tells of the time since the one before, and the first of the time since this one.
 * `undefined` when no time has passed.
 */
export function watchMachine(): () => { busyPct: number; stealPct: number } | undefined {
  let before = readTicks();
  return () => {
    const now = readTicks();
    const [busy, steal, all] = [
      now.busy - before.busy,
      now.steal - before.steal,
      now.all - before.all,
    ];
    if (all <= 0) return undefined;
    before = now;
    return { busyPct: percent(busy, all), stealPct: percent(steal, all) };
  };
}

/** Linux knows of stolen time; elsewhere what Node tells must do. */
function readTicks(): Ticks {
  try {
    return parseProcStat(readFileSync('/proc/stat', 'utf8'));
  } catch {
    const times = cpus().map((cpu) => cpu.times);
    const idle = times.reduce((sum, one) => sum + one.idle, 0);
    const all = times.reduce(
      (sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq,
      idle,
    );
    return { busy: all - idle, steal: 0, all };
  }
}

/** proc(5): `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user. */
export function parseProcStat(text: string): Ticks {
  const line = /^cpu +(.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error('no line of all cores');
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    line.split(' ').map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, steal, all: busy + idle + iowait };
}

function percent(part: number, whole: number): number {
  return Math.min(100, Math.max(0, (100 * part) / whole));
}
