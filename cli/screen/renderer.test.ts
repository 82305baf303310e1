import { describe, expect, onTestFinished, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import { bareLines } from '../report/testing/bare-lines.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { Output, World } from '../world.ts';
import { chooseReporter, createRenderer } from './renderer.ts';
import { fakeTerminal } from './testing/fake-terminal.ts';
import { sampleEvents } from './testing/sample-events.ts';

describe('chooseReporter', () => {
  const tty = fakeTerminal(80, 24).output;
  const pipe: Output = { ...file().output };
  const tiny = fakeTerminal(80, 8).output;
  test.each([
    ['two terminals', {}, tty, tty, 'ink'],
    ['CI=false is not CI', { CI: 'false' }, tty, tty, 'ink'],
    ['stdout is a pipe', {}, pipe, tty, 'plain'],
    ['stderr is a file', {}, tty, pipe, 'plain'],
    ['CI', { CI: 'true' }, tty, tty, 'plain'],
    ['a dumb terminal', { TERM: 'dumb' }, tty, tty, 'plain'],
    ['a terminal of 8 rows', {}, tiny, tty, 'plain'],
  ] as const)('%s', (_, env, stdout, stderr, kind) => {
    expect(chooseReporter({ env, stdout, stderr })).toBe(kind);
  });
});

describe('plain', () => {
  test('says changes of state, and figures each 10 s with the time left', async () => {
    const { output, lines } = file();
    await play('plain', output, sampleEvents());
    expect(lines()).toContain('redis: ready 127.0.0.1:4012');
    expect(lines()).toContain('0:10 stage 2 of 4 → 1,000 users');
    const progress = lines().filter((line) => line.includes('delivered/s'));
    expect(progress).toHaveLength(5);
    expect(progress[1]).toMatch(
      /^0:20 \(0:40 left\) [\d,]+ of [\d,]+ users, [\d.,]+ sent\/s, [\d.,]+ delivered\/s, ack p95 [\d.]+ ms, delivery p95 [\d.]+ ms, 0 duplicated, 0 errors, ws-2 cpu \d+%$/,
    );
  });

  test('says a state of a service once', async () => {
    const { output, lines } = file();
    const same: RunEvent = { kind: 'service', name: 'redis', state: 'ready', detail: '' };
    await play('plain', output, [same, same]);
    expect(lines()).toEqual(['redis: ready']);
  });

  test('has no colour in a file, and on a terminal only without NO_COLOR', async () => {
    const written = async (env: World['env'], isTTY: boolean): Promise<string> => {
      const { output, text } = file(isTTY);
      await play('plain', output, sampleEvents(), env);
      return text();
    };
    expect(await written({}, false)).not.toContain('\u001B');
    expect(await written({ NO_COLOR: '1' }, true)).not.toContain('\u001B');
    expect(await written({}, true)).toContain('\u001B[');
  });

  test('is what --reporter ink becomes where nothing can be drawn', async () => {
    const { output, lines } = file();
    await play('ink', output, sampleEvents());
    expect(lines()).toContain('redis: ready 127.0.0.1:4012');
  });
});

test('json is one event a line', async () => {
  const { output, lines } = file();
  const events = sampleEvents();
  await play('json', output, events);
  expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual(events);
});

test('quiet says nothing', async () => {
  const { output, text } = file();
  await play('quiet', output, sampleEvents());
  expect(text()).toBe('');
});

describe('github', () => {
  test('folds the run, annotates warnings and the end of a failed run', async () => {
    const { output, lines } = file();
    const events = sampleEvents().map((event): RunEvent =>
      event.kind === 'run-end' ? { ...event, verdict: 'fail', exitCode: 99 } : event,
    );
    await play('github', output, events);
    expect(lines().filter((line) => line.startsWith('::'))).toEqual([
      '::group::rtops chat-1000 on scaled',
      '::warning title=rtops::ws-1 restarted',
      '::endgroup::',
      '::error title=rtops::FAIL: the thresholds did not hold (exit code 99)',
    ]);
  });

  test('a pass is annotated with nothing', async () => {
    const { output, text } = file();
    await play('github', output, sampleEvents());
    expect(text()).not.toContain('::error');
  });

  test('a run that was cut short fails its job, so it is annotated too', async () => {
    const { output, lines } = file();
    await play('github', output, [{ kind: 'run-end', t: 1, verdict: 'pass', exitCode: 105 }]);
    expect(lines()).toEqual([
      '::error title=rtops::INTERRUPTED: the run was cut short (exit code 105)',
    ]);
  });

  test("somebody's text is not read as a workflow command", async () => {
    const { output, lines } = file();
    await play('github', output, [
      { kind: 'note', t: 0, text: '::error::x\n::stop-commands::y' },
      { kind: 'warning', t: 0, text: 'a%\n::error::x' },
    ]);
    expect(lines()).toEqual([
      ' ::error::x ::stop-commands::y',
      '::warning title=rtops::a%25%0A::error::x',
    ]);
  });
});

describe('ink', () => {
  test('draws in place, and at the end leaves the warnings and a visible cursor', async () => {
    const terminal = fakeTerminal(80, 24);
    terminal.output.write('$ rtops bench\n');
    const renderer = await open('ink', terminal.output);
    for (const event of sampleEvents().slice(0, 40)) renderer.event(event);
    await untilShown(terminal, 'chat-1000 on scaled');
    expect(terminal.cursorHidden()).toBe(true);
    await renderer.finish();
    expect(terminal.lines()).toEqual(['$ rtops bench', '! ws-1 restarted']);
    expect(terminal.cursorHidden()).toBe(false);
    expect(terminal.tallestFrame()).toBeLessThanOrEqual(23);
  });

  test('follows the terminal to another size', async () => {
    const terminal = fakeTerminal(160, 50);
    const renderer = await open('ink', terminal.output);
    for (const event of sampleEvents().slice(0, 40)) renderer.event(event);
    await untilShown(terminal, 'Deliveries/s, top');
    terminal.resize(80, 20);
    // What does not fit any more is pushed into the scrollback, as terminals do.
    const seen = (): object => ({
      heads: terminal.view().filter((line) => line.startsWith('chat-1000')).length,
      charts: terminal.view().filter((line) => line.includes('Deliveries/s, top')).length,
    });
    await expect.poll(seen, { interval: 20 }).toEqual({ heads: 1, charts: 0 });
    await renderer.finish();
  });

  test('without colour nothing but positions is written', async () => {
    const terminal = fakeTerminal(80, 24);
    const written: string[] = [];
    const stream = terminal.output.stream;
    if (stream === undefined) throw new Error('no stream');
    const write = stream.write.bind(stream);
    stream.write = ((text: string, done?: () => void) => {
      written.push(text);
      return write(text, done);
    }) as typeof stream.write;
    const renderer = await open('ink', terminal.output, { NO_COLOR: '1' });
    for (const event of sampleEvents().slice(0, 40)) renderer.event(event);
    await untilShown(terminal, 'chat-1000');
    await renderer.finish();
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(written.join('')).not.toMatch(/\u001B\[[0-9;]*m/);
  });

  test('events after the end, and a second end, do nothing', async () => {
    const terminal = fakeTerminal(80, 24);
    const renderer = await open('ink', terminal.output);
    await renderer.finish();
    await renderer.finish();
    for (const event of sampleEvents()) renderer.event(event);
    expect(terminal.lines()).toEqual([]);
  });

  test('leaves stdin and the signals alone', async () => {
    const before = process.listenerCount('SIGINT');
    const renderer = await open('ink', fakeTerminal(80, 24).output);
    expect(process.stdin.isRaw ?? false).toBe(false);
    await renderer.finish();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

async function open(
  kind: Parameters<typeof createRenderer>[0],
  out: Output,
  env: World['env'] = {},
) {
  const renderer = await createRenderer(kind, testWorld({ env }), out);
  onTestFinished(() => renderer.finish());
  return renderer;
}

async function play(
  kind: Parameters<typeof createRenderer>[0],
  out: Output,
  events: readonly RunEvent[],
  env: World['env'] = {},
): Promise<void> {
  const renderer = await open(kind, out, env);
  for (const event of events) renderer.event(event);
  await renderer.finish();
}

function file(isTTY = false) {
  let text = '';
  const output: Output = {
    write: (more) => void (text += more),
    isTTY,
    columns: 80,
    rows: 24,
    stream: undefined,
  };
  return { output, text: () => text, lines: () => bareLines(text.trimEnd()) };
}

type Shown = { lines(): readonly string[] };

async function untilShown(terminal: Shown, word: string): Promise<void> {
  await expect.poll(() => terminal.lines().join('\n'), { interval: 20 }).toContain(word);
}
