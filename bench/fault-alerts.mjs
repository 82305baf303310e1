// Each fault of the table (prometheus/fault-alerts.ts) on a fresh `scaled` under a small load: which
// alerts fire, after how long, and when all are resolved. Exits 1 when a row does not hold, when a
// fault did nothing, or when the run was none. Needs a quiet machine; rows of two patterns may run in
// two shells at once.
// Usage: node bench/fault-alerts.mjs [pattern of faults] [users]
import { setTimeout as sleep } from 'node:timers/promises';

import { faultAlerts, machineAlerts } from '../dist/prometheus/fault-alerts.js';
import { closed, home } from './rtops.mjs';

const only = new RegExp(process.argv[2] ?? '');
const users = Number(process.argv[3] ?? 60);
// A minute of calm first: the rules look back as far.
const faultAtSec = 60;
const afterSec = 12;
const quietWithinSec = 120;

const rows = faultAlerts.filter(({ fault }) => only.test(fault));
let wrong = rows.length === 0 ? 1 : 0;
for (const row of rows) {
  const { said, complaints } = await measure(row);
  wrong += complaints.length > 0 ? 1 : 0;
  process.stdout.write(
    [`${complaints.length === 0 ? 'ok   ' : 'WRONG'} ${row.fault}`, ...said, ...complaints]
      .join('\n        ')
      .concat('\n'),
  );
}
process.exitCode = wrong > 0 ? 1 : 0;

async function measure(row) {
  const system = home();
  try {
    const { observe } = system.up('scaled', '--observe', '--chaos', '--set', 'server.faults=true');
    const { code, told } = await run(system, row);
    const runEndMs = Date.now();
    while ((await firing(observe.prometheus)).length > 0) {
      if (Date.now() > runEndMs + quietWithinSec * 1000) break;
      await sleep(500);
    }
    if (code !== 0) return { said: [], complaints: [`the run ended ${code}: ${told}`] };
    const report = system.report();
    const startMs = Date.parse(report.run.startedAt);
    return held(row, report.faults[0], startMs, await fired(observe.prometheus, startMs));
  } finally {
    system.down();
  }
}

async function run(system, { fault, arriving = 0 }) {
  const forSec = Number(/for=(\d+)s/.exec(fault)?.[1] ?? 1);
  const [kind, ...options] = fault.split(',');
  const child = system.start([
    ...['failover-test', '--fault', [kind, `at=${faultAtSec}s`, ...options].join(',')],
    ...['--stage', `1s:${users}`, '--stage', `${faultAtSec}s:${users}`],
    ...['--stage', `${forSec}s:${users + arriving}`, '--stage', `${afterSec}s:${users + arriving}`],
    ...['--rate', '1/s/user', '--no-default-thresholds', '--threshold', 'ledger.lost = 0'],
    ...['--reporter', 'quiet'],
  ]);
  const told = await closed(child);
  return { code: child.exitCode, told: told.trim().replaceAll('\n', '\n        ') };
}

/** What a row asks for beside what was: one line an alert, one line a complaint. */
function held(row, fault, startMs, alerts) {
  const begin = startMs + (fault.at ?? 0);
  const end = startMs + (fault.until ?? fault.at ?? 0);
  const sec = (ms) => ((ms - begin) / 1000).toFixed(0);
  const names = new Set(alerts.map(({ name }) => name));
  const lastMs = Math.max(0, ...alerts.map(({ untilMs }) => untilMs));
  const late = alerts.filter(
    ({ name, fromMs }) => row.alerts.includes(name) && fromMs - begin > row.withinSec * 1000,
  );
  const complaints = [
    ...(fault.bit === true ? [] : ['the fault did nothing']),
    ...row.alerts.filter((name) => !names.has(name)).map((name) => `missing: ${name}`),
    ...[...names]
      .filter((name) => !row.alerts.includes(name))
      .map((name) =>
        machineAlerts.includes(name)
          ? `void, the machine was too busy: ${name}`
          : `not in the table: ${name}`,
      ),
    ...late.map(({ name }) => `late: ${name}`),
    ...(lastMs > end + row.resolvedWithinSec * 1000 ? ['resolved late'] : []),
  ];
  const lines = alerts.map(({ text, fromMs }) => `${sec(fromMs).padStart(4)} s  ${text}`);
  const resolved =
    lastMs === 0 ? [] : [`resolved ${((lastMs - end) / 1000).toFixed(0)} s after its end`];
  return { said: [...lines, ...resolved], complaints };
}

async function firing(prometheus) {
  const answer = await (await fetch(`${prometheus}/api/v1/alerts`)).json();
  return answer.data.alerts.filter(
    ({ state, labels }) => state === 'firing' && labels.alertname !== 'Watchdog',
  );
}

/** Every alert that fired since, in the order of their beginnings, as Prometheus keeps them. */
async function fired(prometheus, sinceMs) {
  const query = new URLSearchParams({
    query: 'ALERTS{alertstate="firing", alertname!="Watchdog"}',
    start: String(sinceMs / 1000),
    end: String(Date.now() / 1000),
    step: '1',
  });
  const answer = await (await fetch(`${prometheus}/api/v1/query_range?${query}`)).json();
  return answer.data.result
    .map(({ metric: { alertname, instance, of, burn, upstream }, values }) => ({
      name: alertname,
      text: [alertname, instance, of, burn, upstream].filter(Boolean).join(' '),
      fromMs: values[0][0] * 1000,
      untilMs: values.at(-1)[0] * 1000,
    }))
    .toSorted((a, b) => a.fromMs - b.fromMs);
}
