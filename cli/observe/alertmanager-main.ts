/**
 * Alertmanager behind a filter of its log: `node alertmanager-main.ts <binary> <its arguments…>`.
 * 0.25 writes the whole address of a webhook that fails into its log, and whatever the receiver
 * answered, which is often the path it was asked for; and the address is the secret.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { redactAddresses } from '../inspect/redact-addresses.ts';
import { receiverAddresses } from './receiver-addresses.ts';

const [binary, ...argv] = process.argv.slice(2);
if (binary === undefined) throw new Error('give the program and its arguments');
const configFile = argv
  .find((arg) => arg.startsWith('--config.file='))
  ?.slice('--config.file='.length);
if (configFile === undefined) throw new Error('--config.file= says which addresses are secret');
const redact = redactAddresses(receiverAddresses(readFileSync(configFile, 'utf8')));

// In the same process group, so that who ends the service ends both.
const child = spawn(binary, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
for (const [from, to] of [
  [child.stdout, process.stdout],
  [child.stderr, process.stderr],
] as const) {
  createInterface({ input: from }).on('line', (line) => to.write(`${redact(line)}\n`));
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => child.kill(signal));
}
child.once('error', (error) => {
  process.stderr.write(`${binary}: ${error.message}\n`);
  process.exitCode = 1;
});
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});
