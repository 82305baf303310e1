/** The process before Alertmanager, with a program in Alertmanager's place that says what it is given. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { alertmanagerConfig, noReceivers } from '../../prometheus/alertmanager-config.ts';

/** Runs it over a configuration whose copy is already there, readable by all. */
async function run(program: string) {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-alertmanager-main-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const conf = join(dir, 'alertmanager.yml');
  const copy = `${conf}.relayed`;
  const webhookUrl = 'https://hooks.test/hush-hush';
  writeFileSync(conf, alertmanagerConfig({ ...noReceivers, webhookUrl }), { mode: 0o600 });
  writeFileSync(copy, 'of an earlier one', { mode: 0o644 });
  const script = join(dir, 'in-its-place');
  writeFileSync(script, `#!/bin/sh\nfile="\${1#--config.file=}"\n${program}\n`, { mode: 0o755 });
  const main = join(import.meta.dirname, 'alertmanager-main.ts');
  const binary = program === '' ? join(dir, 'nowhere') : script;
  const child = spawn(process.execPath, [main, binary, `--config.file=${conf}`]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said, isCopyThere: existsSync(copy) };
}

describe('the copy of the configuration that Alertmanager reads', () => {
  test('is its owner’s alone, has the relay’s address, and goes with Alertmanager', async () => {
    const { code, said, isCopyThere } = await run('ls -l "$file"; cat "$file"; exit 3');
    expect(said).toMatch(/^-rw-------/);
    expect(said).toContain('url: http://127.0.0.1:');
    expect(said).not.toContain('hooks.test');
    expect(isCopyThere).toBe(false);
    expect(code).toBe(3);
  });

  test('goes as well where there is no such program, which is said', async () => {
    const { code, said, isCopyThere } = await run('');
    expect(said).toMatch(/nowhere: .*ENOENT/);
    expect(isCopyThere).toBe(false);
    expect(code).toBe(1);
  });
});

test('what it says of an address is cut, on stdout and on stderr', async () => {
  const { said } = await run(
    'echo "failed: https://hooks.test/hush-hush"; echo "no hush-hush here" >&2',
  );
  expect(said).toContain('https://hooks.test/…');
  expect(said).toContain('no … here');
  expect(said).not.toContain('hush');
});
