/** Alertmanager's API (v2), as far as the fire drill asks it. */
import { parse } from 'yaml';
import * as z from 'zod';

import type { DrillWay } from '../inspect/drill.ts';
import { readNotificationCounters } from '../inspect/notification-counters.ts';
import type { NotificationCounters } from '../inspect/notification-counters.ts';
import { askHttp, httpBase } from './ask-http.ts';

export type PostedAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ISO 8601 */
  readonly startsAt: string;
  readonly endsAt: string;
};

/** Where Alertmanager sends an alert that it has. */
export type AlertRouting = {
  readonly receivers: readonly string[];
  readonly silenced: boolean;
};

/** Every call throws what `away` makes when it does not answer, or answers as something else. */
export type AlertmanagerClient = {
  /** For people: without credentials. */
  readonly name: string;
  post(alert: PostedAlert): Promise<void>;
  /** `undefined`: it has no alert with that label. */
  routing(label: string, value: string): Promise<AlertRouting | undefined>;
  /** Names of the alerts it sends to one of these receivers, beside that one. */
  othersSent(
    label: string,
    value: string,
    receivers: readonly string[],
  ): Promise<readonly string[]>;
  /** Its configuration as text; secrets read `<secret>`. */
  configuration(): Promise<string>;
  counters(): Promise<ReadonlyMap<string, NotificationCounters>>;
};

const alertList = z.array(
  z.looseObject({
    labels: z.record(z.string(), z.string()),
    receivers: z.array(z.looseObject({ name: z.string() })),
    status: z.looseObject({ silencedBy: z.array(z.string()) }),
  }),
);
const statusDocument = z.looseObject({ config: z.looseObject({ original: z.string() }) });

export function alertmanagerClient(
  base: URL,
  away: (name: string, why: string, cause?: unknown) => Error,
): AlertmanagerClient {
  const { address, headers } = httpBase(base);
  const ask = async (path: string, body: unknown = null): Promise<string> => {
    const { status, text } = await askHttp(
      new URL(`${address}/${path}`),
      headers,
      body === null ? null : { type: 'application/json', text: JSON.stringify(body) },
      (why, cause) => away(address, why, cause),
    );
    if (status !== 200) throw away(address, `It answered ${status} to ${path.split('?')[0]}.`);
    return text;
  };
  const read = <T>(schema: z.ZodType<T>, text: string): T => {
    const parsed = schema.safeParse(jsonOf(text));
    if (!parsed.success) throw away(address, 'It answered as something else than Alertmanager.');
    return parsed.data;
  };
  return {
    name: address,
    post: async (alert) => void (await ask('api/v2/alerts', [alert])),
    routing: async (label, value) => {
      const filter = encodeURIComponent(`${label}="${value}"`);
      const [alert] = read(alertList, await ask(`api/v2/alerts?filter=${filter}`));
      return alert === undefined
        ? undefined
        : {
            receivers: alert.receivers.map(({ name }) => name),
            silenced: alert.status.silencedBy.length > 0,
          };
    },
    othersSent: async (label, value, told) => {
      const filter = encodeURIComponent(`${label}!="${value}"`);
      const sent = 'active=true&silenced=false&inhibited=false';
      const others = read(alertList, await ask(`api/v2/alerts?${sent}&filter=${filter}`));
      const names = others
        .filter(({ receivers }) => receivers.some(({ name }) => told.includes(name)))
        .map(({ labels }) => labels['alertname'] ?? '(no name)');
      return [...new Set(names)].toSorted((one, other) => one.localeCompare(other));
    },
    configuration: async () => read(statusDocument, await ask('api/v2/status')).config.original,
    counters: async () => readNotificationCounters(await ask('metrics')),
  };
}

const configuration = z.looseObject({
  receivers: z.array(z.looseObject({ name: z.string() })),
});

/** By which ways these receivers are told, from the configuration's text. */
export function waysOf(text: string, receivers: readonly string[]): readonly DrillWay[] {
  const parsed = configuration.safeParse(parse(text));
  if (!parsed.success) return [];
  const ways = new Map<string, DrillWay>();
  for (const receiver of parsed.data.receivers) {
    if (!receivers.includes(receiver.name)) continue;
    for (const [key, value] of Object.entries(receiver)) {
      const integration = /^(\w+)_configs$/.exec(key)?.[1];
      if (integration === undefined || !Array.isArray(value) || value.length === 0) continue;
      const before = ways.get(integration);
      ways.set(integration, {
        integration,
        receivers: [...(before?.receivers ?? []), receiver.name],
        count: (before?.count ?? 0) + value.length,
      });
    }
  }
  return [...ways.values()];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
