/**
 * What people read, as Alertmanager templates. They stand in the configuration itself, so that it is
 * one file. Slack's own default text is empty and Discord's a dump of labels.
 */

/** Discord refuses titles over 256 characters and texts over 4,096, and the message is then lost. */
const alertsShown = 5;
const charactersOf = { summary: 120, description: 240 } as const;

/** `FIRING ServerDown, scaled: ws-2 is down`; short by construction. */
export const messageTitle = [
  '{{ .Status | toUpper }} {{ .CommonLabels.alertname }}',
  '{{ with .CommonLabels.topology }} on {{ printf "%.40s" . }}{{ end }}',
  '{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}',
  '{{ with .CommonAnnotations.summary }}: {{ printf "%.120s" . }}{{ end }}',
].join('');

/** At most {@link alertsShown} alerts, each cut, so that the limits of both hold however many fire. */
export function messageText(markup: 'slack' | 'discord'): string {
  const bold = markup === 'slack' ? '*' : '**';
  const link = (label: string, url: string): string =>
    markup === 'slack' ? `<${url}|${label}>` : `[${label}](${url})`;
  const cut = (field: keyof typeof charactersOf, value: string): string =>
    `{{ printf "%.${charactersOf[field]}s" ${value} }}`;
  // From ten minutes before it began: what led to it is what one looks for.
  const dashboard = '{{ . }}&from={{ ($alert.StartsAt.Add -600000000000).UnixMilli }}&to=now';
  return [
    '{{ range $index, $alert := .Alerts }}',
    `{{ if lt $index ${alertsShown} }}`,
    `${bold}{{ if eq $alert.Status "firing" }}{{ $alert.Labels.severity }}{{ else }}resolved{{ end }}${bold} `,
    `${cut('summary', '$alert.Annotations.summary')}\n`,
    `${cut('description', '$alert.Annotations.description')}\n`,
    '{{ if eq $alert.Status "firing" }}since {{ $alert.StartsAt.UTC.Format "15:04:05" }} UTC',
    '{{ else }}from {{ $alert.StartsAt.UTC.Format "15:04:05" }} to {{ $alert.EndsAt.UTC.Format "15:04:05" }} UTC{{ end }}',
    `{{ with $alert.Annotations.dashboard }} · ${link('dashboard', dashboard)}{{ end }}`,
    // An address as it is; a path leads nowhere from a chat, a command does.
    '{{ with $alert.Annotations.runbook }} · runbook: {{ if match "^https?:" . }}{{ . }}{{ else }}rtops explain {{ $alert.Labels.alertname }}{{ end }}{{ end }}\n',
    '{{ end }}{{ end }}',
    `{{ if gt (len .Alerts) ${alertsShown} }}and more: {{ len .Alerts }} in all{{ end }}`,
  ].join('');
}
