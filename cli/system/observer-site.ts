/** Finds the programs that watch a system, and where alerts are to go. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { GrafanaSite, ObserverSite } from '../topology/observers.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { freePorts } from './ports.ts';
import { packageDir } from './package-dir.ts';
import { findPrerequisite, prerequisites } from './prerequisites.ts';

type Find = (name: string) => Promise<string | undefined>;

/**
 * `null` without `monitoring`. Throws 120 naming every program that is missing, and for a receiver's
 * address that is none (without printing it).
 */
export async function surveyObservers(
  world: World,
  host: string,
  topology: Topology,
  find: Find,
): Promise<ObserverSite | null> {
  if (!topology.monitoring) return null;
  const programs = await findPrograms(topology, find);
  return {
    sinceSec: Math.floor(world.clock.now() / 1000),
    exporterArgv: [entryFile('exporter-main')],
    alertmanagerFilterArgv: [entryFile('alertmanager-main')],
    syslogPort: await freeUdpPort(world, host),
    ...programs,
    grafana: await findGrafana(world, find),
    receivers: {
      slackWebhookUrl: webhook(world, 'RTOPS_SLACK_WEBHOOK_URL'),
      discordWebhookUrl: webhook(world, 'RTOPS_DISCORD_WEBHOOK_URL'),
      webhookUrl: webhook(world, 'RTOPS_ALERT_WEBHOOK_URL'),
    },
    packageDir: packageDir(),
  };
}

async function findPrograms(topology: Topology, find: Find) {
  const missing: string[] = [];
  const look = async (name: string): Promise<string> => {
    const wanted = prerequisites.find((one) => one.name === name);
    const path = wanted === undefined ? undefined : await findPrerequisite(wanted, find);
    if (path === undefined) missing.push(name);
    return path ?? '';
  };
  const found = {
    prometheus: await look('prometheus'),
    alertmanager: await look('prometheus-alertmanager'),
    redisExporter: topology.redis === null ? null : await look('prometheus-redis-exporter'),
    nginxExporter: topology.proxy === null ? null : await look('prometheus-nginx-exporter'),
  };
  if (missing.length === 0) return found;
  const are = missing.length === 1 ? 'is' : 'are';
  throw new Failure(exitCode.notReady, `${missing.join(', ')} ${are} not installed`, {
    why: `topology ${topology.name} is to be observed; without \`--observe\` (\`monitoring\`) it needs none of them`,
    next: 'rtops setup',
  });
}

/** The first file of an observer's process: TypeScript in a checkout, JavaScript in `dist/`. */
function entryFile(name: string): string {
  const extension = extname(import.meta.url);
  return fileURLToPath(new URL(`../observe/${name}${extension}`, import.meta.url));
}

/** `RTOPS_GRAFANA`, or the one in PATH; `null` when there is none. */
async function findGrafana(world: World, find: Find): Promise<GrafanaSite | null> {
  const chosen = world.env['RTOPS_GRAFANA'];
  const path = await find('grafana');
  if (path !== undefined) return grafanaAt(path);
  if (chosen !== undefined && chosen !== '') {
    throw new Failure(exitCode.notReady, 'RTOPS_GRAFANA names no program', {
      why: `${chosen} is not the absolute path of an executable file`,
      next: 'give it the path of `grafana` or `grafana-server`, or unset it to go without',
    });
  }
  const older = await find('grafana-server');
  return older === undefined ? null : grafanaAt(older);
}

/** Its home holds `conf/defaults.ini`: beside the binary in an archive, in share/ of a package. */
function grafanaAt(path: string): GrafanaSite {
  const above = dirname(dirname(realpathSync(path)));
  const homes = [above, join(above, 'share', 'grafana'), '/usr/share/grafana'];
  return {
    argv: basename(path) === 'grafana-server' ? [path] : [path, 'server'],
    home: homes.find((home) => existsSync(join(home, 'conf', 'defaults.ini'))) ?? null,
    adminPassword: randomBytes(24).toString('base64url'),
  };
}

/** The address, or `null`. What is wrong with one is said without printing it: it is a secret. */
function webhook(world: World, key: string): string | null {
  const value = world.env[key]?.trim();
  if (value === undefined || value === '') return null;
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return value;
  throw new Failure(exitCode.notReady, `${key} is not an address alerts can be sent to`, {
    why: 'expected http://… or https://…; its value is not printed, because it is a secret',
    next: `set ${key} to the webhook's address, or unset it`,
  });
}

const tries = 20;

/** One that TCP has free as well, below the ports the kernel hands out. */
async function freeUdpPort(world: World, host: string): Promise<number> {
  for (let at = 0; at < tries; at += 1) {
    const [port = 0] = await freePorts(world, host, 1);
    if (await canBind(host, port)) return port;
  }
  throw new Failure(exitCode.notReady, `no free UDP port on ${host} in ${tries} tries`, {
    next: 'ss -lun',
  });
}

async function canBind(host: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return await new Promise((resolve) => {
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
