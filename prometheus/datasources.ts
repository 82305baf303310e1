/** What Grafana asks: the datasources as a provisioning file, with uids that dashboards can name. */
import { stringify } from 'yaml';

import { scrapeIntervalSec } from './scrape-config.ts';

/** Fixed, so that a dashboard's `${datasource}` and links mean the same in every Grafana. */
export const datasourceUids = {
  prometheus: 'rtops-prometheus',
  alertmanager: 'rtops-alertmanager',
  loki: 'rtops-loki',
} as const;

export type DatasourcesInput = {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** `null`: none, and the panels that ask it say so. */
  readonly lokiUrl: string | null;
};

/** The whole file, for `provisioning/datasources/`. */
export function datasourcesFile(input: DatasourcesInput): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus (rtops)',
        uid: datasourceUids.prometheus,
        type: 'prometheus',
        access: 'proxy',
        url: input.prometheusUrl,
        isDefault: true,
        editable: false,
        jsonData: {
          // Grafana would take 15 s, and every `$__rate_interval` a minute.
          timeInterval: `${scrapeIntervalSec}s`,
          httpMethod: 'POST',
        },
      },
      {
        name: 'Alertmanager (rtops)',
        uid: datasourceUids.alertmanager,
        type: 'alertmanager',
        access: 'proxy',
        url: input.alertmanagerUrl,
        editable: false,
        jsonData: { implementation: 'prometheus', handleGrafanaManagedAlerts: false },
      },
      ...(input.lokiUrl === null ? [] : [loki(input.lokiUrl)]),
    ],
  });
}

/** A request id in a line is a link to all lines that have it. */
function loki(url: string) {
  return {
    name: 'Loki (rtops)',
    uid: datasourceUids.loki,
    type: 'loki',
    access: 'proxy',
    url,
    editable: false,
    jsonData: {
      derivedFields: [
        {
          name: 'reqId',
          matcherRegex: '"(?:reqId|request_id)":"([^"]+)"',
          datasourceUid: datasourceUids.loki,
          url: '{service=~".+"} |= "$${__value.raw}"',
          urlDisplayLabel: 'every line of this request',
        },
      ],
    },
  };
}
