/** Cases of the rules about what users feel: see service-cases.ts. */
import { connections, exporter, middleMinute, run, server, soonDiluted } from './rule-series.ts';
import { climb, flat, gone, joined } from './rule-test-file.ts';
import type { RuleCase } from './rule-test-file.ts';

const acks = server(
  'rtops_server_event_duration_seconds_count',
  'ws-1',
  'event="chat:send-message", outcome="ok"',
);
const unavailable = server('rtops_server_refusals_total', 'ws-1', 'code="UNAVAILABLE"');
const lb = (status: string): string =>
  exporter('rtops_lb_requests_total', `upstream="api-1", status_class="${status}"`);
const http = (status: string): string =>
  server(
    'rtops_server_http_request_seconds_count',
    'api-1',
    `method="GET", route="/r", status_class="${status}"`,
  );
const resumed = (instance: string): string =>
  server('rtops_server_events_sent_total', instance, 'event="chat:resumed"');

export const userCases: readonly RuleCase[] = [
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'fires above 1 % refused by the store, and falls',
    series: { [acks]: climb(0, 50, 180), [unavailable]: middleMinute(50, 0.05) },
    firing: { 28: 0, 60: 1, 140: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet just below',
    series: { [acks]: climb(0, 50, 180), [unavailable]: middleMinute(50, 0.009) },
    firing: { 60: 0, 88: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet for what is above 1 % for 4 s only',
    series: soonDiluted(acks, unavailable, 30),
    firing: { 60: 0, 62: 0, 64: 0, 90: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet below a minimum of traffic',
    series: { [acks]: climb(0, 0.9, 180), [unavailable]: climb(0, 0.5, 180) },
    firing: { 90: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet when both counters begin again',
    series: {
      [acks]: joined(climb(0, 50, 60), climb(0, 50, 60)),
      [unavailable]: joined(flat(40, 60), flat(0, 60)),
    },
    firing: { 62: 0, 90: 0 },
  },
  ...[lb, http].flatMap((of): readonly RuleCase[] => [
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `fires above 1 % of 5xx, upgrades left out of the count, and falls: ${of('5xx')}`,
      series: {
        [of('1xx')]: climb(0, 400, 180),
        [of('2xx')]: climb(0, 20, 180),
        [of('5xx')]: middleMinute(20, 0.1),
      },
      firing: { 28: 0, 60: 1, 140: 0 },
    },
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `is quiet when the counters begin again: ${of('5xx')}`,
      series: {
        [of('2xx')]: joined(climb(0, 50, 60), climb(0, 50, 60)),
        [of('5xx')]: joined(flat(40, 60), flat(0, 60)),
      },
      firing: { 62: 0, 90: 0 },
    },
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `is quiet below a minimum of traffic: ${of('5xx')}`,
      series: { [of('2xx')]: climb(0, 0.4, 120), [of('5xx')]: climb(0, 0.4, 120) },
      firing: { 90: 0 },
    },
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `is quiet for what is above 1 % for 4 s only: ${of('5xx')}`,
      series: soonDiluted(of('2xx'), of('5xx'), 30),
      firing: { 60: 0, 62: 0, 64: 0, 90: 0 },
    },
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `is quiet just below, and for 4xx: ${of('5xx')}`,
      series: {
        [of('2xx')]: climb(0, 20, 180),
        [of('4xx')]: climb(0, 20, 180),
        [of('5xx')]: middleMinute(20, 0.015),
      },
      firing: { 60: 0, 88: 0 },
    },
  ]),
  {
    alert: 'DeliveryLoss',
    says: 'fires at the first missing message, also when its counter appears with it, and falls',
    series: { [run('rtops_client_missing_total')]: joined(gone(20), flat(1, 140)) },
    firing: { 18: 0, 22: 1, 76: 1, 90: 0 },
  },
  {
    alert: 'DeliveryLoss',
    says: 'fires when its counter grows, and falls a minute later',
    series: { [run('rtops_client_missing_total')]: joined(flat(0, 80), flat(2, 120)) },
    firing: { 78: 0, 82: 1, 136: 1, 160: 0 },
  },
  {
    alert: 'DeliveryLoss',
    says: 'is quiet at 0, and when a new run begins at 0',
    series: { [run('rtops_client_missing_total')]: joined(flat(0, 80), flat(0, 40)) },
    firing: { 60: 0, 100: 0 },
  },
  {
    alert: 'DeliveryLoss',
    says: 'is quiet for what a run of before has lost',
    series: { [run('rtops_client_missing_total')]: joined(flat(9, 80), flat(0, 80)) },
    firing: { 70: 0, 82: 0, 120: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'fires when the users of a dead node come back to another, and falls',
    series: {
      [connections('ws-1')]: joined(flat(50, 60), flat(100, 80)),
      [connections('ws-2')]: joined(flat(50, 56), gone(4), flat(0, 80)),
      [resumed('ws-1')]: joined(flat(7, 60), flat(57, 80)),
      [resumed('ws-2')]: joined(flat(300, 56), gone(4), flat(0, 80)),
    },
    firing: { 58: 0, 64: 1, 84: 1, 100: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'fires when Prometheus has not looked for 30 s yet',
    series: {
      [connections('ws-1')]: flat(50, 60),
      [resumed('ws-1')]: joined(flat(0, 10), flat(40, 50)),
    },
    firing: { 8: 0, 20: 1 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet while users come for the first time, in a ramp or in one second, and leave again',
    series: {
      [connections('ws-1')]: joined(
        flat(0, 40),
        climb(0, 20, 20),
        flat(2000, 30),
        flat(5000, 10),
        flat(0, 60),
      ),
      [resumed('ws-1')]: flat(3, 160),
    },
    firing: { 50: 0, 70: 0, 92: 0, 104: 0, 130: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet for less than a fifth',
    series: {
      [connections('ws-1')]: flat(200, 120),
      [resumed('ws-1')]: joined(flat(200, 60), flat(236, 60)),
    },
    firing: { 64: 0, 80: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet for less than a fifth of those who have left since',
    series: {
      [connections('ws-1')]: joined(flat(1000, 66), flat(0, 60)),
      [resumed('ws-1')]: joined(flat(0, 60), flat(40, 60)),
    },
    firing: { 64: 0, 70: 0, 84: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet for less than a fifth of those who have come since',
    series: {
      [connections('ws-1')]: joined(flat(20, 60), flat(1000, 60)),
      [resumed('ws-1')]: joined(flat(0, 60), flat(40, 60)),
    },
    firing: { 64: 0, 80: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet for nine users, half of all',
    series: {
      [connections('ws-1')]: flat(18, 120),
      [resumed('ws-1')]: joined(flat(18, 60), flat(27, 60)),
    },
    firing: { 64: 0, 80: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet when a server begins again at 0 and its users have gone for good',
    series: {
      [connections('ws-1')]: joined(flat(50, 60), gone(4), flat(0, 60)),
      [connections('ws-2')]: flat(50, 124),
      [resumed('ws-1')]: joined(flat(400, 60), gone(4), flat(0, 60)),
      [resumed('ws-2')]: flat(50, 124),
    },
    firing: { 64: 0, 80: 0 },
  },
  {
    alert: 'ConnectionSkew',
    says: 'fires after a minute, the API servers left out, and falls',
    series: {
      [connections('ws-1')]: joined(flat(100, 10), flat(180, 90), flat(100, 30)),
      [connections('ws-2')]: joined(flat(100, 10), flat(20, 90), flat(100, 30)),
      [connections('api-1')]: flat(0, 130),
      [server('rtops_server_info', 'ws-1', 'role="ws"')]: flat(1, 130),
      [server('rtops_server_info', 'ws-2', 'role="ws"')]: flat(1, 130),
      [server('rtops_server_info', 'api-1', 'role="api"')]: flat(1, 130),
    },
    firing: { 66: 0, 72: 1, 98: 1, 102: 0 },
  },
  {
    alert: 'ConnectionSkew',
    says: 'is quiet at 1.5 times the mean, and below a hundred connections',
    series: {
      [connections('ws-1')]: joined(flat(150, 90), flat(90, 90)),
      [connections('ws-2')]: joined(flat(50, 90), flat(5, 90)),
      [server('rtops_server_info', 'ws-1', 'role="ws"')]: flat(1, 180),
      [server('rtops_server_info', 'ws-2', 'role="ws"')]: flat(1, 180),
    },
    firing: { 80: 0, 170: 0 },
  },
  // Without its role an API server would be counted: as the fullest, or into the mean.
  ...[500, 0].map((ofApi) => ({
    alert: 'ConnectionSkew',
    says: `is quiet when only an API server is out of line, with ${ofApi}`,
    series: {
      [connections('ws-1')]: flat(140, 120),
      [connections('ws-2')]: flat(60, 120),
      [connections('api-1')]: flat(ofApi, 120),
      [server('rtops_server_info', 'ws-1', 'role="ws"')]: flat(1, 120),
      [server('rtops_server_info', 'ws-2', 'role="ws"')]: flat(1, 120),
      [server('rtops_server_info', 'api-1', 'role="api"')]: flat(1, 120),
    },
    firing: { 80: 0, 110: 0 },
  })),
  {
    alert: 'ConnectionsHigh',
    says: 'fires above 5,000 over all servers after 10 s, and falls at 5,000',
    series: {
      [connections('ws-1')]: joined(flat(2500, 10), flat(2501, 30), flat(2500, 20)),
      [connections('ws-2')]: flat(2500, 60),
    },
    firing: { 18: 0, 20: 1, 38: 1, 40: 0 },
  },
  {
    alert: 'ConnectionsHigh',
    says: 'is quiet at 5,000',
    series: { [connections('ws-1')]: flat(5000, 60) },
    firing: { 50: 0 },
  },
];
