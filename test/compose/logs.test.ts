/** The profile `logs`: nobody has run the images here, so the files are held to what they must agree on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const Service = z.object({
  image: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.unknown()).optional(),
  networks: z.object({ rtops: z.object({ ipv4_address: z.string() }) }).optional(),
});
const Compose = z.object({ services: z.record(z.string(), Service) });
const { services } = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
const withLogs = Compose.parse(parse(read('docker/grafana-with-logs.yml')));
const lokiUrl = `http://${services['loki']?.networks?.rtops.ipv4_address ?? 'nowhere'}:3100`;
const alloy = read('docker/alloy.alloy');

describe('the profile `logs`', () => {
  test('is Loki and Alloy, pinned, reached from nowhere outside', () => {
    const names = Object.keys(services).filter((name) =>
      services[name]?.profiles?.includes('logs'),
    );
    expect(names.toSorted()).toEqual(['alloy', 'loki']);
    for (const name of names) {
      expect(services[name]?.image).toMatch(/^grafana\/(loki|alloy):v?\d+\.\d+\.\d+$/);
      expect(services[name]?.ports).toBeUndefined();
    }
  });

  test('every file it mounts is there, read only', () => {
    const mounts = [services['loki'], services['alloy'], withLogs.services['grafana']].flatMap(
      (one) => (one?.volumes ?? []).filter((volume) => volume.startsWith('./')),
    );
    expect(mounts.length).toBe(3);
    for (const mount of mounts) {
      const [from = '', , mode] = mount.split(':');
      expect(existsSync(join(root, from)), mount).toBe(true);
      expect(mode, mount).toBe('ro');
    }
  });

  test('Alloy and Grafana ask Loki where it is, and the datasource is the one the dashboards name', () => {
    expect(alloy).toContain(`url = "${lokiUrl}/loki/api/v1/push"`);
    expect(withLogs.services['grafana']?.environment?.['RTOPS_LOKI_URL']).toBe(lokiUrl);
    expect(read('grafana/provisioning-with-logs/datasources/rtops.yml')).toContain(
      'uid: rtops-loki',
    );
  });

  test('what Alertmanager prints stays in its container: receivers answer with their addresses', () => {
    const dropped = /regex\s+= "([^"]+)"\s+action\s+= "drop"/.exec(alloy)?.[1];
    expect(dropped?.split('|').filter((name) => !(name in services))).toEqual([]);
    expect(dropped?.split('|')).toContain('alertmanager');
  });

  test('no id becomes a label: four labels, and Loki takes no more', () => {
    const kept = /label_keep \{\s+values = \[([^\]]+)\]/.exec(alloy)?.[1];
    expect(kept).toBe('"service", "level", "topology", "instance"');
    const labelled = [...alloy.matchAll(/target_label\s+= "(\w+)"/g)].map((match) => match[1]);
    expect(labelled).toEqual(['service', 'instance']);
    const loki = parse(read('docker/loki.yml')) as {
      limits_config: { max_label_names_per_series: number; discover_service_name: unknown };
      schema_config: { configs: readonly { schema: string; store: string }[] };
      analytics: { reporting_enabled: boolean };
    };
    expect(loki.limits_config).toMatchObject({
      ...{ max_label_names_per_series: 4, discover_service_name: [], retention_period: '72h' },
    });
    expect(loki.schema_config.configs).toMatchObject([{ schema: 'v13', store: 'tsdb' }]);
    expect(loki.analytics.reporting_enabled).toBe(false);
  });

  test('braces and brackets of the Alloy file are closed', () => {
    const open: string[] = [];
    for (const char of alloy.replaceAll(/\/\/.*$|"[^"]*"/gm, '')) {
      if ('{['.includes(char)) open.push(char);
      if ('}]'.includes(char)) expect(open.pop()).toBe(char === '}' ? '{' : '[');
    }
    expect(open).toEqual([]);
  });
});
