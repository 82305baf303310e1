/** What this machine has for observing beside the programs that setup gets. */
import { binaryVersion } from './prerequisites.ts';
import type { Check } from './machine-checks.ts';

const receivers: readonly (readonly [name: string, key: string])[] = [
  ['slack', 'RTOPS_SLACK_WEBHOOK_URL'],
  ['discord', 'RTOPS_DISCORD_WEBHOOK_URL'],
  ['webhook', 'RTOPS_ALERT_WEBHOOK_URL'],
];

/**
 * Two rows: `grafana` and `alert receivers`. Neither stops anything; no address is printed.
 * @param active who is told by what is up; `undefined` where nothing observed is
 */
export async function observerChecks(
  env: Readonly<Record<string, string | undefined>>,
  find: (name: string) => Promise<string | undefined>,
  active: readonly string[] | undefined,
): Promise<readonly Check[]> {
  return [await grafanaCheck(env, find), receiversCheck(env, active)];
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

function receiversCheck(
  env: Readonly<Record<string, string | undefined>>,
  active: readonly string[] | undefined,
): Check {
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
  const next = set.map(([receiver]) => receiver);
  if (active === undefined || sameNames(active, next)) {
    return { name, state: 'ok', found: namesOr(next, 'none: alerts are only listed'), next: null };
  }
  const found = `${namesOr(active, 'none')} of what is up; the next \`up\` from this shell: ${namesOr(next, 'none')}`;
  // Who sets a variable and hears nothing may think that all is well.
  return next.every((one) => active.includes(one))
    ? { name, state: 'ok', found, next: null }
    : { name, state: 'warn', found, next: 'rtops down, then rtops up --observe -d' };
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join();
}

function namesOr(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join(', ');
}

function protocolOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol : '';
}
