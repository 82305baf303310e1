/**
 * Alertmanager behind a filter of its log, and before a relay to its generic webhooks:
 * `node alertmanager-main.ts <binary> <its arguments…>`. 0.25 shows the address of such a webhook in
 * its API, so it is started with a copy of its configuration that has the relay's, which goes when it
 * ends. And it writes the whole address of a webhook that fails into its log, and whatever the
 * receiver answered, which is often the path it was asked for; and the address is the secret.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { redactAddresses } from '../inspect/redact-addresses.ts';
import { receiverAddresses, relayed, webhookAddresses } from './receiver-addresses.ts';
import { openWebhookRelay } from './webhook-relay.ts';

const [binary, ...argv] = process.argv.slice(2);
if (binary === undefined) throw new Error('give the program and its arguments');
const flag = '--config.file=';
const configFile = argv.find((arg) => arg.startsWith(flag))?.slice(flag.length);
if (configFile === undefined) throw new Error(`${flag} says which addresses are secret`);
const configuration = readFileSync(configFile, 'utf8');

const relay = await openWebhookRelay(webhookAddresses(configuration));
const relayedConfiguration = relayed(configuration, (_, index) => relay.addressOf(index));
const relayedFile = `${configFile}.relayed`;
// Made anew: a file that is there already keeps the mode it has.
rmSync(relayedFile, { force: true });
writeFileSync(relayedFile, relayedConfiguration, { mode: 0o600, flag: 'wx' });
const redact = redactAddresses([
  ...receiverAddresses(configuration),
  ...receiverAddresses(relayedConfiguration),
]);

// In the same process group, so that who ends the service ends both.
const child = spawn(
  binary,
  argv.map((arg) => (arg.startsWith(flag) ? `${flag}${relayedFile}` : arg)),
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
for (const [from, to] of [
  [child.stdout, process.stdout],
  [child.stderr, process.stderr],
] as const) {
  createInterface({ input: from }).on('line', (line) => to.write(`${redact(line)}\n`));
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => child.kill(signal));
}
child.once('error', (error) => process.stderr.write(`${binary}: ${error.message}\n`));
// Also of a program that could not be started, with a code below 0.
child.once('close', (code) => {
  relay.close();
  rmSync(relayedFile, { force: true });
  process.exitCode = code === null || code < 0 ? 1 : code;
});
