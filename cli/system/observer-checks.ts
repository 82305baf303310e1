/** What this machine has for observing beside the programs that setup gets. */
import { binaryVersion } from './prerequisites.ts';
import type { Check } from './machine-checks.ts';

const receivers: readonly (readonly [name: string, key: string])[] = [
  ['slack', 'RTOPS_SLACK_WEBHOOK_URL'],
  ['discord', 'RTOPS_DISCORD_WEBHOOK_URL'],
  ['webhook', 'RTOPS_ALERT_WEBHOOK_URL'],
];

/** Two rows: `grafana` and `alert receivers`. Neither stops anything; no address is printed. */
export async function observerChecks(
  env: Readonly<Record<string, string | undefined>>,
  find: (name: string) => Promise<string | undefined>,
): Promise<readonly Check[]> {
  return [await grafanaCheck(env, find), receiversCheck(env)];
}

async function grafanaCheck(
  env: Readonly<Record<string, string | undefined>>,
  find: (name: string) => Promise<string | undefined>,
): Promise<Check> {
  const name = 'grafana';
  const path =
    (await find('grafana')) ?? (env['RTOPS_GRAFANA'] ? undefined : await find('grafana-server'));
  if (path !== undefined) {
    const version = await binaryVersion(path, ['--version']);
    return { name, state: 'ok', found: `${version ?? 'version unknown'} (${path})`, next: null };
  }
  if (env['RTOPS_GRAFANA']) {
    return {
      name,
      state: 'warn',
      found: 'RTOPS_GRAFANA names no program',
      next: 'give it the absolute path of grafana, or unset it',
    };
  }
  return { name, state: 'ok', found: 'none: `rtops dashboards check` does without', next: null };
}

function receiversCheck(env: Readonly<Record<string, string | undefined>>): Check {
  const name = 'alert receivers';
  const set = receivers.filter(([, key]) => (env[key] ?? '').trim() !== '');
  const broken = set.filter(([, key]) => !/^https?:$/.test(protocolOf(env[key]?.trim() ?? '')));
  if (broken.length > 0) {
    const keys = broken.map(([, key]) => key).join(', ');
    return {
      name,
      state: 'warn',
      found: `no address in ${keys}`,
      next: 'set it to http://… or https://…, or unset it',
    };
  }
  const found = set.map(([receiver]) => receiver).join(', ');
  return {
    name,
    state: 'ok',
    found: found === '' ? 'none: alerts are only listed' : found,
    next: null,
  };
}

function protocolOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol : '';
}
