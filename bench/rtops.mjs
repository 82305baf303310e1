// Runs the built rtops in a folder of its own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');

/** A folder with a system up in it; `down()` ends both, and so does Ctrl-C or a SIGTERM. */
export function home() {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-bench-'));
  const rtops = (...args) =>
    execFileSync(process.execPath, [main, ...args], { cwd: dir, encoding: 'utf8' });
  const down = () => {
    process.off('SIGINT', cutShort).off('SIGTERM', cutShort);
    try {
      rtops('down');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
  const cutShort = () => {
    down();
    process.exit(105);
  };
  process.on('SIGINT', cutShort).on('SIGTERM', cutShort);
  return {
    dir,
    rtops,
    up: (...args) => JSON.parse(rtops('up', ...args, '-d', '--json')),
    start: (args, env = {}) =>
      spawn(process.execPath, [main, ...args], {
        cwd: dir,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...env },
      }),
    report: () => JSON.parse(readFileSync(join(newestRun(dir), 'report.json'), 'utf8')),
    historyDir: () => join(newestRun(dir), 'history'),
    secret: () => JSON.parse(readFileSync(join(dir, '.rtops', 'state.json'), 'utf8')).secret,
    down,
  };
}

function newestRun(dir) {
  const runs = join(dir, '.rtops', 'runs');
  return join(runs, readdirSync(runs).toSorted().at(-1));
}

/** A run that ended so has a report: passed, failed, no verdict. Any other has measured nothing. */
const measured = new Set([0, 99, 122]);

/** Resolves when the child has ended, however; with what it printed. */
export async function closed(child) {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  await once(child, 'close');
  return text;
}

/** {@link closed}, of a run whose figures are wanted: throws when it has measured nothing. */
export async function ended(child) {
  const text = await closed(child);
  if (!measured.has(child.exitCode)) {
    const how = child.signalCode ?? child.exitCode;
    throw new Error(`${child.spawnargs.join(' ')} ended with ${how}:\n${text.slice(-3000)}`);
  }
  return text;
}

/** The YAML of a scenario: `users` come in `rampSec`, stay for `holdSec`; `lines` say the rest. */
export function heldScenario({ users, rampSec, holdSec, downSec = 1, lines }) {
  const stages = `stages: ['${rampSec}s:${users}', '${holdSec}s:${users}', '${downSec}s:0']`;
  return ['name: bench', stages, 'fidelity: 0', ...lines].join('\n');
}

/** A TCP port of loopback that nobody has now. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The middle value. */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The lines of a stream, one a call; who waits for one when it ends is told so by an error. */
export function lines(stream) {
  const waiting = [];
  const ready = [];
  let text = '';
  let isOver = false;
  stream.setEncoding('utf8').on('data', (part) => {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const taker = waiting.shift();
      if (taker === undefined) ready.push(line);
      else taker.resolve(line);
    }
  });
  stream.on('end', () => {
    isOver = true;
    for (const taker of waiting) taker.reject(new Error('it ended before it said more'));
  });
  return () => {
    if (ready.length > 0) return Promise.resolve(ready.shift());
    if (isOver) return Promise.reject(new Error('it has ended and says no more'));
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
}
