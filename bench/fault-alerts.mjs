// Each fault of the table (prometheus/fault-alerts.ts) on `scaled` under a small load: which alerts
// fire, after how long, and when all are resolved. Exits 1 when one is missing or not in the table.
// Usage: node bench/fault-alerts.mjs [pattern of faults] [users]
import { setTimeout as sleep } from 'node:timers/promises';

import { faultAlerts } from '../dist/prometheus/fault-alerts.js';
import { ended, home } from './rtops.mjs';

const only = new RegExp(process.argv[2] ?? '');
const users = Number(process.argv[3] ?? 60);
const faultAtSec = 14;
const quietWithinSec = 120;

let wrong = 0;
const system = home();
try {
  const { observe } = system.up('scaled', '--observe', '--chaos', '--set', 'server.faults=true');
  const firing = async () => {
    const answer = await (await fetch(`${observe.prometheus}/api/v1/alerts`)).json();
    return answer.data.alerts
      .filter((one) => one.state === 'firing' && one.labels.alertname !== 'Watchdog')
      .map(({ labels: { alertname, instance, of, burn, upstream } }) => ({
        alertname,
        text: [alertname, instance, of, burn, upstream].filter(Boolean).join(' '),
      }));
  };
  const quiet = async () => {
    const deadline = Date.now() + quietWithinSec * 1000;
    while ((await firing()).length > 0 && Date.now() < deadline) await sleep(500);
  };
  for (const row of faultAlerts.filter(({ fault }) => only.test(fault))) {
    await quiet();
    const holdSec = faultAtSec + Number(/for=(\d+)s/.exec(row.fault)?.[1] ?? 1) + 12;
    const [kind, ...options] = row.fault.split(',');
    const run = system.start([
      ...['failover-test', '--fault', [kind, `at=${faultAtSec}s`, ...options].join(',')],
      ...['--stage', `1s:${users}`, '--stage', `${holdSec}s:${users}`, '--rate', '1/s/user'],
      ...['--no-default-thresholds', '--threshold', 'ledger.lost = 0', '--reporter', 'quiet'],
    ]);
    let over = false;
    const done = ended(run).then(() => {
      over = true;
    });
    const seen = new Map();
    let lastMs = 0;
    let afterMs = Infinity;
    while (!over || (Date.now() < afterMs && ((await firing()).length > 0 || lastMs === 0))) {
      const now = Date.now();
      for (const { text } of await firing()) {
        if (!seen.has(text)) seen.set(text, now);
        lastMs = now;
      }
      if (over && afterMs === Infinity) afterMs = now + quietWithinSec * 1000;
      if (over && lastMs === 0) break;
      await sleep(500);
    }
    await done;
    const report = system.report();
    const [fault] = report.faults;
    const startMs = Date.parse(report.run.startedAt);
    const sec = (ms) => (ms / 1000).toFixed(0);
    const begin = startMs + (fault.at ?? 0);
    const end = startMs + (fault.until ?? fault.at ?? 0);
    const names = new Set([...seen.keys()].map((text) => text.split(' ')[0]));
    const missing = row.alerts.filter((name) => !names.has(name));
    const extra = [...names].filter((n) => !row.alerts.includes(n) && !row.perhaps.includes(n));
    const late = [...seen].filter(
      ([t, at]) => row.alerts.includes(t.split(' ')[0]) && at - begin > row.withinSec * 1000,
    );
    const long = lastMs > 0 && lastMs - end > row.resolvedWithinSec * 1000;
    const ok = missing.length + extra.length + late.length === 0 && !long;
    wrong += ok ? 0 : 1;
    process.stdout.write(
      `${ok ? 'ok   ' : 'WRONG'} ${row.fault} (bit ${fault.bit})\n` +
        [...seen]
          .map(([text, at]) => `        ${sec(at - begin).padStart(4)} s  ${text}\n`)
          .join('') +
        `        resolved ${lastMs === 0 ? '-' : sec(lastMs - end)} s after its end` +
        `${missing.length > 0 ? `; missing ${missing.join(', ')}` : ''}` +
        `${extra.length > 0 ? `; not in the table ${extra.join(', ')}` : ''}` +
        `${late.length > 0 ? `; late ${late.map(([t]) => t).join(', ')}` : ''}${long ? '; long' : ''}\n`,
    );
  }
} finally {
  system.down();
}
process.exitCode = wrong > 0 ? 1 : 0;
