/** What nginx tells about its work when somebody watches: an access log in JSON, and its own counts. */

export type NginxMonitoring = {
  /** Relative to the state folder. */
  readonly accessLog: string;
  /** `host:port` of the exporter's syslog, UDP; `null`: the file alone. */
  readonly syslog: string | null;
  /** `host:port` where `/stub_status` answers. */
  readonly statusListen: string;
};

type Wanted = NginxMonitoring | null | undefined;

/** How the log calls what it writes: one line a request, a WebSocket's when it ends. */
const accessLogFormat = 'rtops_json';

/**
 * Times in seconds; lists where nginx tried several upstreams. The address without its arguments:
 * a session id in a log could be used by whoever reads it, so only whether there was one is told.
 */
const accessLogFields: readonly (readonly [name: string, variable: string])[] = [
  ['time', '$msec'],
  ['request_id', '$rtops_request_id'],
  ['client', '$remote_addr'],
  ['method', '$request_method'],
  ['path', '$uri'],
  ['transport', '$arg_transport'],
  ['has_sid', '$rtops_has_sid'],
  ['status', '$status'],
  ['bytes', '$body_bytes_sent'],
  ['request_time', '$request_time'],
  ['upstream', '$upstream_addr'],
  ['upstream_status', '$upstream_status'],
  ['upstream_connect_time', '$upstream_connect_time'],
  ['upstream_header_time', '$upstream_header_time'],
  ['upstream_response_time', '$upstream_response_time'],
];

/** Within `http`. */
export function logFormat(monitoring: Wanted): readonly string[] {
  if (monitoring == null) return [];
  const fields = accessLogFields.map(([name, variable]) => `"${name}":"${variable}"`);
  return [
    'map $arg_sid $rtops_has_sid {',
    "  '' '0';",
    "  default '1';",
    '}',
    `log_format ${accessLogFormat} escape=json '{${fields.join(',')}}';`,
    '',
  ];
}

/** Within the server that clients dial. */
export function accessLog(monitoring: Wanted): readonly string[] {
  if (monitoring == null) return [];
  const { accessLog: file, syslog } = monitoring;
  return [
    `access_log ${file} ${accessLogFormat};`,
    ...(syslog === null
      ? []
      : [`access_log syslog:server=${syslog},tag=nginx,nohostname ${accessLogFormat};`]),
  ];
}

/** A server of its own on loopback, for nginx-prometheus-exporter; it is not in the log. */
export function statusServer(monitoring: Wanted): readonly string[] {
  if (monitoring == null) return [];
  return [
    '',
    'server {',
    `  listen ${monitoring.statusListen};`,
    '  location = /stub_status {',
    '    stub_status;',
    '  }',
    '  location / {',
    '    return 404;',
    '  }',
    '}',
  ];
}
